"""Two databases compared, table by table: counts in full, keys up to a bound, never a value."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from hrmsops.postgres.catalog import TableName
from hrmsops.postgres.differences import Key, Kind, Snapshot, look, snapshot
from hrmsops.postgres.digests import Looking, in_parallel
from hrmsops.postgres.pairing import Pair, Renamed, pairs
from hrmsops.postgres.row_sql import row_hash
from hrmsops.postgres.rows import batches, fetch
from hrmsops.postgres.session import Target

KEYS_LOOKED_AT_ONCE = 500


@dataclass(frozen=True, kw_only=True)
class Rows:
    """How many, and the keys of the first of them."""

    count: int
    keys: tuple[Key, ...]


@dataclass(frozen=True, kw_only=True)
class TableComparison:
    """One table of both databases."""

    table: TableName
    key: tuple[str, ...]
    """Empty where the two have no key in common: then there are no keys below, only `is_same`."""
    rows_here: int
    rows_there: int
    is_same: bool
    """All common columns of all rows are equal, whatever other columns there are."""
    only_here: Rows
    only_there: Rows
    different: Rows
    columns_different: Mapping[str, int]
    """Among the rows whose keys are in `different`: how many differ in a column."""
    columns_only_here: tuple[str, ...]
    columns_only_there: tuple[str, ...]
    columns_retyped: tuple[str, ...]
    """Compared as text; equal values may be written differently."""


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """Two databases, each at one moment."""

    tables: tuple[TableComparison, ...]
    only_here: tuple[TableName, ...]
    only_there: tuple[TableName, ...]

    @property
    def is_same(self) -> bool:
        """The same tables with the same rows."""
        return not (self.only_here or self.only_there) and all(each.is_same for each in self.tables)


OnTable = Callable[[TableComparison], None]


def compare(
    here: Target,
    there: Target,
    *,
    tables: Sequence[str] | None,
    keys_max: int,
    renamed: Renamed | None = None,
    on_table: OnTable | None = None,
) -> Comparison:
    """Compare `tables`, None for all; `on_table` hears of each as it is done.

    Each side is seen at one moment. Memory is constant: rows are hashed in the databases, and only
    keys and hashes of differing ranges are fetched. The longest statement reads a whole table: give
    the targets timeouts to match. `renamed` maps columns here to columns there. Raises TableUnknown
    for a table that neither side has, and the errors of `connect`.
    """
    with snapshot(here) as ours, snapshot(there) as theirs:
        met = pairs(ours.catalog, theirs.catalog, renamed=renamed)
        only_here = [name for name in ours.catalog.tables if name not in met]
        only_there = [name for name in theirs.catalog.tables if name not in met]
        wanted = set(met) | set(only_here) | set(only_there)
        if tables is not None:
            unknown = [name for name in tables if TableName.parse(name) not in wanted]
            ours.catalog.named(unknown)
            wanted = {TableName.parse(name) for name in tables}
        found = []
        for name in sorted(wanted & met.keys()):
            found.append(compare_table(ours, theirs, met[name], keys_max=keys_max))
            if on_table:
                on_table(found[-1])
    return Comparison(
        tables=tuple(found),
        only_here=tuple(name for name in only_here if name in wanted),
        only_there=tuple(name for name in only_there if name in wanted),
    )


def compare_table(here: Snapshot, there: Snapshot, pair: Pair, *, keys_max: int) -> TableComparison:
    """One table, by its key, or as a whole where it has none."""
    if not pair.key:
        return _as_a_whole(here, there, pair)
    seen = look(here, there, pair)
    counts: Counter[Kind] = Counter()
    keys: dict[Kind, list[Key]] = {"only_here": [], "only_there": [], "different": []}
    for difference in seen:
        counts[difference.kind] += 1
        if counts[difference.kind] <= keys_max:
            keys[difference.kind].append(difference.key)
    return _result(
        pair,
        rows=(seen.divided.rows_here, seen.divided.rows_there),
        is_same=not counts,
        found={kind: Rows(count=counts[kind], keys=tuple(keys[kind])) for kind in keys},
        columns=_columns_different(here, there, pair, keys["different"]),
    )


def _result(
    pair: Pair,
    *,
    rows: tuple[int, int],
    is_same: bool,
    found: Mapping[Kind, Rows],
    columns: Mapping[str, int],
) -> TableComparison:
    none = Rows(count=0, keys=())
    return TableComparison(
        table=pair.here.name,
        key=tuple(each.here.name for each in pair.key),
        rows_here=rows[0],
        rows_there=rows[1],
        is_same=is_same,
        only_here=found.get("only_here", none),
        only_there=found.get("only_there", none),
        different=found.get("different", none),
        columns_different=columns,
        columns_only_here=pair.only_here,
        columns_only_there=pair.only_there,
        columns_retyped=tuple(each.here.name for each in pair.columns if each.is_retyped),
    )


def _as_a_whole(here: Snapshot, there: Snapshot, pair: Pair) -> TableComparison:
    """Without a key: rows counted, and their hashes added up, so that repeated rows count."""
    ours, theirs = pair.sides()
    looking = (
        Looking(session=here.session, side=ours, seed=0),
        Looking(session=there.session, side=theirs, seed=0),
    )
    with in_parallel(*looking) as threads:
        (rows_here, sum_here), (rows_there, sum_there) = threads.map(_sum, looking)
    is_same = (rows_here, sum_here) == (rows_there, sum_there)
    return _result(pair, rows=(rows_here, rows_there), is_same=is_same, found={}, columns={})


def _sum(of: Looking) -> tuple[int, int]:
    from psycopg import sql

    if not of.side.columns:
        query = sql.SQL("SELECT count(*), 0 FROM {} AS t").format(of.side.identifier())
    else:
        query = sql.SQL("SELECT count(*), coalesce(sum({}), 0) FROM {} AS t").format(
            row_hash(of.side, of.seed), of.side.identifier()
        )
    row = of.session.execute(query).fetchone()
    assert row
    return int(row[0]), int(row[1])


def _columns_different(
    here: Snapshot, there: Snapshot, pair: Pair, keys: Sequence[Key]
) -> dict[str, int]:
    """How many of these rows differ in each column; the values are looked at and forgotten."""
    names = [each.here.name for each in pair.columns]
    ours, theirs = pair.sides()
    counts: Counter[str] = Counter()
    for batch in batches(keys, KEYS_LOOKED_AT_ONCE):
        rows_here = fetch(here.session, ours, batch, names=names)
        rows_there = fetch(there.session, theirs, batch, names=names)
        for key in batch:
            one, other = rows_here[key].row, rows_there[key].row
            counts.update(name for name in names if one[name] != other[name])
    return dict(counts)
