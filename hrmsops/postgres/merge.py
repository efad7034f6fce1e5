"""The three-way merge of one row: base, damage, now. Pure; what it cannot know it lists.

Base is the recovered database, damage what the migration left, now the old database. Only what
users did from damage to now is replayed. What the migration wrote is known from a second clone at
the moment of its commit, or from the row's last writer. By the writer alone, base must be the
moment just before that commit: a user's write before it, which the migration then overwrote, is
seen in neither.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from enum import Enum, auto
from typing import Literal

Row = Mapping[str, str | None]


class Unknown(Enum):
    """There is no second clone to ask."""

    UNKNOWN = auto()


UNKNOWN = Unknown.UNKNOWN

Reason = Literal[
    "written-on-damage",
    "deleted-by-whom-unknown",
    "writer-unknown",
    "row-may-be-the-migrations",
    "made-again-after-the-migration",
    "column-not-in-recovered-schema",
    "table-not-in-recovered-schema",
    "needs-a-column-that-is-gone",
    "row-not-in-recovered-database",
    "written-since-the-recovery",
]


@dataclass(frozen=True, kw_only=True)
class Effect:
    """What a migration may have done to one table. The defaults are: anything."""

    columns: frozenset[str] | None = None
    """Columns that it may have written in rows that were there; None is any. All of them where it
    deletes rows and makes them again under the same keys."""
    inserts: bool = True
    deletes: bool = True
    is_alone: bool = True
    """Nobody else wrote between base and the second clone: what is gone there, it deleted."""


@dataclass(frozen=True, kw_only=True)
class Sighting:
    """One key in up to three databases, on the columns that base and now share; None is absent."""

    base: Row | None
    now: Row | None
    damage: Row | Unknown | None
    now_by_migration: bool | None
    """Whether the migration wrote the row last; None: the writers are not known."""
    damage_by_migration: bool | None
    """The same of the second clone's row."""
    damage_in_doubt: bool = False
    """Of that row it can be told of neither."""


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """A part of the decision on one row; `columns` are those of now, empty for a deletion."""

    op: Literal["insert", "update", "delete", "conflict", "aside"]
    columns: frozenset[str]
    reason: Reason | None = None


def decide(seen: Sighting, effect: Effect) -> tuple[Verdict, ...]:
    """What becomes of a row that differs between base and now.

    An insert, update or delete is a user's and touches nothing that the migration wrote; `aside` is
    the migration's (or a user's from before it, overwritten or not told apart); the rest conflicts.
    """
    if seen.now is None:
        return (_gone(seen, effect),)
    if seen.base is None:
        return (_new(seen, effect, frozenset(seen.now)),)
    return tuple(_edited(seen, effect))


def _gone(seen: Sighting, effect: Effect) -> Verdict:
    deleted = Verdict(op="delete", columns=frozenset())
    in_doubt = replace(deleted, op="conflict", reason="deleted-by-whom-unknown")
    if not effect.deletes:
        return deleted
    if seen.damage is UNKNOWN:
        return in_doubt
    if seen.damage is None:
        return replace(deleted, op="aside") if effect.is_alone else in_doubt
    return deleted


def _new(seen: Sighting, effect: Effect, columns: frozenset[str]) -> Verdict:
    inserted = Verdict(op="insert", columns=columns)
    aside = replace(inserted, op="aside")
    in_doubt = replace(inserted, op="conflict", reason="row-may-be-the-migrations")
    if seen.damage is None:
        return inserted
    if seen.damage is UNKNOWN:
        if seen.now_by_migration is None:
            return replace(in_doubt, reason="writer-unknown")
        if seen.now_by_migration:
            # It wrote on a row that a user had made, where it makes none itself.
            return aside if effect.inserts else in_doubt
        return in_doubt if effect.inserts else inserted
    if seen.damage_by_migration is False:
        return inserted
    if seen.damage_in_doubt:
        return replace(in_doubt, reason="writer-unknown")
    return aside if seen.now == seen.damage and effect.inserts else in_doubt


def _edited(seen: Sighting, effect: Effect) -> Iterator[Verdict]:
    base, now = seen.base, seen.now
    assert base is not None
    assert now is not None
    differing = frozenset(name for name in now if now[name] != base.get(name))
    if seen.damage is None:
        yield Verdict(op="conflict", columns=differing, reason="made-again-after-the-migration")
        return
    if seen.damage is UNKNOWN:
        users, damaged, reason = _by_writer(seen, effect, differing)
    else:
        users, damaged, reason = _by_clone(seen, effect, differing, base, now, seen.damage)
    written = differing - users - damaged
    for op, columns, why in (
        ("update", users, None),
        ("conflict", written, reason),
        ("aside", damaged, None),
    ):
        if columns:
            yield Verdict(op=op, columns=columns, reason=why)  # type: ignore[arg-type]


Parts = tuple[frozenset[str], frozenset[str], Reason]
"""Columns that users wrote, columns that the migration wrote; why the others are in conflict."""


def _by_writer(seen: Sighting, effect: Effect, differing: frozenset[str]) -> Parts:
    """A row has one last writer: what he did not write is told by the migration's columns alone."""
    touched = differing if effect.columns is None else differing & effect.columns
    none: frozenset[str] = frozenset()
    if seen.now_by_migration is None:
        return none, none, "writer-unknown"
    if seen.now_by_migration:
        return differing - touched, touched, "written-on-damage"
    return differing - touched, none, "written-on-damage"


def _by_clone(
    seen: Sighting, effect: Effect, differing: frozenset[str], base: Row, now: Row, damage: Row
) -> Parts:
    after = frozenset(name for name in differing if now[name] != damage.get(name))
    before = differing - after
    undamaged = frozenset(name for name in after if damage.get(name) == base.get(name))
    if seen.damage_by_migration is False:
        # A user wrote that row before the migration's end, and the migration never touched it.
        return differing, frozenset(), "written-on-damage"
    if seen.damage_in_doubt:
        return undamaged, frozenset(), "writer-unknown"
    outside = frozenset() if effect.columns is None else before - effect.columns
    return undamaged | outside, before - outside, "written-on-damage"


def infer(effect: Effect, sightings: Iterator[Sighting]) -> Effect:
    """The effect as the rows show it that the migration wrote last: for columns and inserts.

    Rows that users have written since show nothing: a column that the migration wrote, or a row
    that it made, is missed where users have since written on all of them. A second clone knows.
    """
    columns: set[str] = set()
    inserts = False
    for seen in sightings:
        if not seen.now_by_migration or seen.now is None:
            continue
        if seen.base is None:
            inserts = True
        else:
            columns.update(n for n in seen.now if seen.now[n] != seen.base.get(n))
    return replace(effect, columns=frozenset(columns), inserts=inserts)


Standing = Literal["due", "done", "changed"]


def standing(op: str, current: Row | None, *, before: Row, after: Row) -> Standing:
    """Whether a change is still to be made on the target as it is, was made, or must not be."""
    if op == "delete":
        if current is None:
            return "done"
        return "due" if _holds(current, before) else "changed"
    if current is None:
        return "due" if op == "insert" else "changed"
    if _holds(current, after):
        return "done"
    return "due" if op == "update" and _holds(current, before) else "changed"


def _holds(current: Row, wanted: Row) -> bool:
    return all(current.get(name, "") == value for name, value in wanted.items() if name in current)
