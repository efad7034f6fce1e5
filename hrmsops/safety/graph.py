"""Migrations in the order in which they are applied: dependencies, squashes, several leaves."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from hrmsops.safety.operations import Key, Migration


@dataclass(frozen=True, slots=True)
class Graph:
    """Migrations in order. `left_out` are squashes whose originals are all here."""

    ordered: tuple[Migration, ...]
    left_out: tuple[Migration, ...]
    missing: tuple[tuple[Migration, Key], ...]
    conflicts: tuple[tuple[Migration, ...], ...]


def graph_of(migrations: Iterable[Migration]) -> Graph:
    """The graph of all migrations that were read."""
    found = {each.key: each for each in migrations}
    squashed = [each for each in found.values() if each.replaces]
    left_out = [each for each in squashed if all(key in found for key in each.replaces)]
    for each in left_out:
        del found[each.key]
    names = _aliases(found, squashed, left_out)
    edges, missing = _edges(found, names)
    ordered = tuple(found[key] for key in _sorted(found, edges))
    return Graph(ordered, tuple(left_out), tuple(missing), tuple(_conflicts(found, edges)))


def _aliases(
    found: dict[Key, Migration], squashed: list[Migration], left_out: list[Migration]
) -> dict[Key, Key]:
    """Keys that stand for another: what was replaced, or a squash that is left out."""
    names: dict[Key, Key] = {}
    for each in squashed:
        if each in left_out:
            names[each.key] = each.replaces[-1]
            continue
        for key in each.replaces:
            found.pop(key, None)
            names[key] = each.key
    return names


def _edges(
    found: dict[Key, Migration], names: dict[Key, Key]
) -> tuple[dict[Key, set[Key]], list[tuple[Migration, Key]]]:
    edges: dict[Key, set[Key]] = {key: set() for key in found}
    missing: list[tuple[Migration, Key]] = []
    by_app: dict[str, list[Key]] = {}
    for key in sorted(found):
        by_app.setdefault(key[0], []).append(key)
    for migration in found.values():
        for wanted in migration.dependencies:
            earlier = _resolved(wanted, found, names, by_app)
            if earlier is None and wanted[0] in by_app:
                missing.append((migration, wanted))
            _link(edges, migration.key, earlier)
        for later in migration.run_before:
            other = _resolved(later, found, names, by_app)
            if other is not None:
                _link(edges, other, migration.key)
    return edges, missing


def _link(edges: dict[Key, set[Key]], later: Key, earlier: Key | None) -> None:
    if earlier is not None and earlier != later:
        edges[later].add(earlier)


def _resolved(
    wanted: Key, found: dict[Key, Migration], names: dict[Key, Key], by_app: dict[str, list[Key]]
) -> Key | None:
    for _ in range(20):
        if wanted not in names:
            break
        wanted = names[wanted]
    if wanted in found:
        return wanted
    app, name = wanted
    if name == "__first__" and app in by_app:
        return by_app[app][0]
    if name == "__latest__" and app in by_app:
        return by_app[app][-1]
    return None


def _sorted(found: dict[Key, Migration], edges: dict[Key, set[Key]]) -> Iterator[Key]:
    """Depth first, so that an app's migrations stand together; a circle is entered once."""
    done: set[Key] = set()
    for start in sorted(found):
        stack: list[tuple[Key, bool]] = [(start, False)]
        while stack:
            key, is_ready = stack.pop()
            if is_ready:
                yield key
                continue
            if key in done:
                continue
            done.add(key)
            stack.append((key, True))
            stack.extend((each, False) for each in sorted(edges[key], reverse=True))


def _conflicts(
    found: dict[Key, Migration], edges: dict[Key, set[Key]]
) -> Iterator[tuple[Migration, ...]]:
    """Leaves of one app that `migrate` refuses to choose between."""
    needed = {(app, key) for (app, _), wanted in edges.items() for key in wanted if key[0] == app}
    leaves: dict[str, list[Migration]] = {}
    for key, migration in found.items():
        if (key[0], key) not in needed:
            leaves.setdefault(key[0], []).append(migration)
    for several in leaves.values():
        together = [each for each in several if _reaches_root(each, edges)]
        if len(together) > 1:
            yield tuple(together)


def _reaches_root(migration: Migration, edges: dict[Key, set[Key]]) -> bool:
    """Whether everything of its own app that it needs is here."""
    own = [key for key in migration.dependencies if key[0] == migration.app]
    here = [key for key in edges[migration.key] if key[0] == migration.app]
    return len(here) >= len(own) and bool(own)
