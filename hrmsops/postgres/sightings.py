"""The rows of one table in which two databases differ, as both have them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from hrmsops.postgres.capture_sources import Sources
from hrmsops.postgres.captured import Sighted
from hrmsops.postgres.catalog import Table, TableName
from hrmsops.postgres.differences import Key, look
from hrmsops.postgres.pairing import Pair, Side
from hrmsops.postgres.rows import Seen, batches, fetch
from hrmsops.postgres.strays import keys_since

ROWS_AT_ONCE = 1000


def sightings(
    sources: Sources,
    name: TableName,
    met: Pair | None,
    columns_base: tuple[str, ...],
    columns_now: tuple[str, ...],
) -> Iterator[Sighted]:
    """Those that differ; then those that were written where the recovered schema has no place."""
    there = sources.now.catalog.tables[name]
    theirs = _side(there, met.sides()[1].key if met else None, columns_now)
    ours = _side(met.here, met.sides()[0].key, columns_base) if met else None
    if met:
        differing = look(sources.base, sources.now, met)
        for batch in batches((each.key for each in differing), ROWS_AT_ONCE):
            yield from _fetched(sources, ours, theirs, batch)
    if met is None or met.only_there:
        shared = set(columns_base) & set(columns_now)
        written = keys_since(sources.now, theirs, since=sources.since)
        for batch in batches(written, ROWS_AT_ONCE):
            for row in _fetched(sources, ours, theirs, batch):
                if not sources.lacks(row.writer):
                    continue
                if met is None or (_is_equal(row, shared) and _may_matter(row, met)):
                    yield row


def _side(table: Table, key: tuple[object, ...] | None, columns: tuple[str, ...]) -> Side:
    named = tuple(table.columns[name] for name in table.key)
    return Side(
        table=table.name,
        key=named if key is None else key,  # type: ignore[arg-type]
        columns=tuple(table.columns[name] for name in columns),
    )


def _fetched(
    sources: Sources, ours: Side | None, theirs: Side, keys: Sequence[Key]
) -> Iterator[Sighted]:
    names = [each.name for each in theirs.columns]
    later = sources.aside.submit(fetch, sources.now.session, theirs, keys, names=names)
    base: Mapping[Key, Seen] = {}
    if ours:
        base = fetch(sources.base.session, ours, keys, names=[e.name for e in ours.columns])
    now = later.result()
    for key in keys:
        there = now.get(key)
        yield Sighted(
            key=key,
            base=base[key].row if key in base else None,
            now=there.row if there else None,
            writer=there.writer if there else None,
        )


def _is_equal(row: Sighted, shared: set[str]) -> bool:
    return (
        row.base is not None
        and row.now is not None
        and all(row.base[name] == row.now[name] for name in shared)
    )


def _may_matter(row: Sighted, met: Pair) -> bool:
    """NULLs where the recovered schema has no place say nothing, unless a column was renamed."""
    values = row.now or {}
    return bool(met.only_here) or any(values[name] is not None for name in met.only_there)


def kind_of(row: Sighted, shared: tuple[str, ...]) -> str:
    """What `TableCaptured.kinds` counts it as."""
    if row.base is None:
        return "only_now"
    if row.now is None:
        return "only_base"
    return "same" if _is_equal(row, set(shared)) else "different"
