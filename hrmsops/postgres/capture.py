"""What differs between a recovered database and the old one, kept in files before traffic comes.

Once the recovered database serves, what is new in it cannot be told from what it lacks. So both are
read while neither is written, and the merge (`replay`) decides later, from these files alone.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import datetime
from fnmatch import fnmatch
from pathlib import Path

import msgspec

from hrmsops.errors.recovery import PlanFilesChanged
from hrmsops.postgres.catalog import Catalog, Table, TableName
from hrmsops.postgres.changes import (
    file_name,
    new_folder,
    private_file,
    read_sealed,
    seal,
    sha256_of,
    synced,
)
from hrmsops.postgres.compare import compare_table
from hrmsops.postgres.differences import Key, Snapshot, look, snapshot
from hrmsops.postgres.horizon import horizon_of, in_flight, next_number
from hrmsops.postgres.ledger import FAILED, read_ledger
from hrmsops.postgres.pairing import Pair, Side, pairs
from hrmsops.postgres.readable import unreadable
from hrmsops.postgres.rows import Row, Seen, batches, fetch
from hrmsops.postgres.session import Target
from hrmsops.postgres.strays import keys_since
from hrmsops.postgres.writers import Writer, commit_times, migrations_by_writer

ROWS_AT_ONCE = 1000
WRITERS_COUNTED_MAX = 50_000
WRITERS_KEPT_MAX = 20
UNENDED = 2**62

NEVER_REPLAYED = (
    "django_session",
    "django_migrations",
    "django_admin_log",
    "*outbox*",
    "*queue*",
    "celery_*",
    "django_celery_*",
    "django_q_*",
    "procrastinate_*",
)
"""Patterns of tables whose rows mean something only where they were written, or would act again."""

OnTable = Callable[[TableName, int], None]
"""Hears a table and how many of its rows were kept."""


class Sighted(msgspec.Struct, frozen=True, array_like=True):
    """One row in both databases, with every column of each that can be written; None is absent.

    Columns that both have bear one name; `now` holds besides what the recovered schema has no
    place for, `base` what the old one has lost.
    """

    key: Key
    base: Row | None
    now: Row | None
    writer: int | None
    """Who wrote `now` last."""


class TableCaptured(msgspec.Struct, frozen=True, kw_only=True):
    """One table's file, and how its columns met. `kinds` counts rows; no value is in here."""

    table: TableName
    key: tuple[str, ...]
    file: str
    sha256: str
    kinds: dict[str, int]
    """`only_base`, `only_now`, `different`, and `same`: equal so far as the schemas meet."""
    columns: tuple[str, ...]
    """That both have."""
    only_base: tuple[str, ...]
    only_now: tuple[str, ...]
    required: tuple[str, ...]
    """Of `only_base`: those without which the recovered schema takes no row."""
    is_new: bool
    """The recovered schema does not have this table."""

    @property
    def rows(self) -> int:
        return sum(self.kinds.values())


class Recorded(msgspec.Struct, frozen=True, kw_only=True):
    """A migration as the old database's own ledger has it: by the numbers of its transactions."""

    migration: str
    number: int | None
    """The transaction that recorded it; None where its end is not known."""
    first: int
    end: int
    """Its savepoints, and other transactions of one that is not atomic, are from `first` to before
    this; users' transactions may be among them."""


class Captured(msgspec.Struct, frozen=True, kw_only=True):
    """What a folder holds. Tables stand so that each comes after those that it refers to."""

    made_at: datetime
    horizon: int
    """The first transaction number that the recovered database does not hold (`horizon_of`)."""
    in_flight: frozenset[int] = frozenset()
    """Smaller numbers that it does not hold either (`in_flight`)."""
    written_from: int
    """Rows of the recovered database whose writer is this or later were written since."""
    tables: tuple[TableCaptured, ...] = ()
    excluded: tuple[TableName, ...] = ()
    unmergeable: tuple[TableName, ...] = ()
    unreadable: tuple[TableName, ...] = ()
    """Tables that our role may not read: nothing of them is kept."""
    writers: tuple[Writer, ...] = ()
    """Of the rows that were kept, those who wrote the most; migrations are always among them."""
    ledger: tuple[Recorded, ...] = ()
    has_old: bool = True
    """False where there was no old database to read: then only the horizon is known."""

    @property
    def rows(self) -> int:
        return sum(each.rows for each in self.tables)

    @property
    def since(self) -> int:
        """The first number of a transaction that it may lack."""
        return min(self.in_flight, default=self.horizon)

    def lacks(self, number: int) -> bool:
        """Whether the recovered database does not hold that transaction."""
        return number >= self.horizon or number in self.in_flight


@dataclass(frozen=True, kw_only=True)
class _Sources:
    base: Snapshot
    now: Snapshot
    horizon: int
    in_flight: frozenset[int]
    folder: Path
    aside: ThreadPoolExecutor
    """Waits for one server while we wait for the other."""
    counted: dict[str, Counter[int]] = field(default_factory=dict)
    """By table: rows of each writer."""

    @property
    def since(self) -> int:
        """The first number of a transaction that base may lack."""
        return min(self.in_flight, default=self.horizon)

    def lacks(self, writer: int | None) -> bool:
        """Whether base does not hold that transaction."""
        return writer is not None and (writer >= self.horizon or writer in self.in_flight)


def capture(
    base: Target,
    now: Target,
    *,
    folder: Path,
    made_at: datetime,
    exclude: Sequence[str] = NEVER_REPLAYED,
    on_table: OnTable | None = None,
) -> Captured:
    """Write to `folder` every row in which `base` and `now` differ, as both have it.

    `base` is the recovered database before it takes traffic, `now` the old one behind its fence.
    Memory is constant, nothing is changed in either; a folder without a manifest was not finished
    and is begun anew. Raises FileExistsError for a finished one, and the errors of `connect`.
    """
    new_folder(folder)
    with ExitStack() as open_:
        ours, theirs = (open_.enter_context(snapshot(each)) for each in (base, now))
        horizon = horizon_of(ours)
        sources = _Sources(
            base=ours,
            now=theirs,
            horizon=horizon,
            in_flight=in_flight(ours, horizon),
            folder=folder,
            aside=open_.enter_context(ThreadPoolExecutor(max_workers=1)),
        )
        met = pairs(ours.catalog, theirs.catalog)
        kept, excluded, unmergeable = [], [], []
        closed = unreadable(ours) | unreadable(theirs)
        for name in _in_order(ours.catalog, theirs.catalog):
            if any(fnmatch(name.name, pattern) for pattern in exclude):
                excluded.append(name)
            elif name in closed:
                continue
            elif not _has_key(sources, name, met.get(name)):
                unmergeable += [] if _is_same(sources, name, met.get(name)) else [name]
            elif table := _capture_table(sources, name, met.get(name)):
                kept.append(table)
                if on_table:
                    on_table(name, table.rows)
        found = Captured(
            made_at=made_at,
            horizon=sources.horizon,
            in_flight=sources.in_flight,
            written_from=next_number(ours),
            tables=tuple(kept),
            excluded=tuple(excluded),
            unmergeable=tuple(unmergeable),
            unreadable=tuple(sorted(closed)),
            writers=_largest(sources),
            ledger=tuple(_recorded(sources)),
        )
    seal(folder, found)
    return found


def capture_horizon(base: Target, *, folder: Path, made_at: datetime) -> Captured:
    """Where no old database is left to read: keep what tells recovered transactions from lost."""
    new_folder(folder)
    with snapshot(base) as seen:
        found = Captured(
            made_at=made_at,
            horizon=horizon_of(seen),
            written_from=next_number(seen),
            has_old=False,
        )
    seal(folder, found)
    return found


def read_captured(folder: Path) -> Captured:
    """What a folder holds, its files as they were written; raises PlanFilesChanged."""
    found = read_sealed(folder, Captured)
    changed = [e.file for e in found.tables if sha256_of(folder / e.file) != e.sha256]
    if changed:
        raise PlanFilesChanged(folder=str(folder), files=tuple(changed))
    return found


def read_sighted(folder: Path, table: TableCaptured) -> Iterator[Sighted]:
    """The rows of one table, in the order of its file."""
    decoder = msgspec.json.Decoder(Sighted)
    with (folder / table.file).open("rb") as file:
        for line in file:
            yield decoder.decode(line)


def _in_order(ours: Catalog, theirs: Catalog) -> list[TableName]:
    """The recovered schema's tables, each after those it refers to; then those it does not have.

    A table that the migration dropped holds nothing that users could have written.
    """
    kept = [name for name in ours.order.all if name in theirs.tables]
    return kept + [name for name in theirs.order.all if name not in ours.tables]


def _has_key(sources: _Sources, name: TableName, met: Pair | None) -> bool:
    return bool(met.key if met else sources.now.catalog.tables[name].key)


def _is_same(sources: _Sources, name: TableName, met: Pair | None) -> bool:
    """Of tables without a key: all that can be said of them."""
    if met is not None:
        return compare_table(sources.base, sources.now, met, keys_max=0).is_same
    from psycopg import sql

    query = sql.SQL("SELECT NOT EXISTS (SELECT FROM {})").format(sql.Identifier(*name))
    return sources.now.session.execute(query).fetchone() == (True,)


def _capture_table(sources: _Sources, name: TableName, met: Pair | None) -> TableCaptured | None:
    here = met.here if met else None
    there = sources.now.catalog.tables[name]
    shared = tuple(e.here.name for e in met.columns if not e.here.is_generated) if met else ()
    only_base = tuple(n for n in met.only_here if n in met.here.written) if met else ()
    only_now = tuple(met.only_there) if met else there.written
    rows = _rows(sources, name, met, shared + only_base, shared + only_now)
    file = _File(sources.folder, name)
    counted = sources.counted.setdefault(str(name), Counter())
    for row in rows:
        file.write(row, kind=_kind(row, shared))
        if row.writer is not None and sources.lacks(row.writer):
            _count(counted, row.writer)
    if not file.close():
        return None
    return TableCaptured(
        table=name,
        key=tuple(e.here.name for e in met.key) if met else there.key,
        file=file.name,
        sha256=file.sha256,
        kinds=dict(file.kinds),
        columns=shared,
        only_base=only_base,
        only_now=only_now,
        required=_required(here, only_base) if here else (),
        is_new=met is None,
    )


def _rows(
    sources: _Sources,
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
    sources: _Sources, ours: Side | None, theirs: Side, keys: Sequence[Key]
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


def _kind(row: Sighted, shared: tuple[str, ...]) -> str:
    if row.base is None:
        return "only_now"
    if row.now is None:
        return "only_base"
    return "same" if _is_equal(row, set(shared)) else "different"


def _required(here: Table, only_base: Sequence[str]) -> tuple[str, ...]:
    columns = (here.columns[name] for name in only_base)
    return tuple(e.name for e in columns if e.is_required and not (e.has_default or e.identity))


def _count(counted: Counter[int], writer: int) -> None:
    """In bounded memory: whoever wrote next to nothing is forgotten when there are too many."""
    counted[writer] += 1
    if len(counted) > WRITERS_COUNTED_MAX:
        kept = dict(counted.most_common(WRITERS_COUNTED_MAX // 2))
        counted.clear()
        counted.update(kept)


def _largest(sources: _Sources) -> tuple[Writer, ...]:
    totals: Counter[int] = Counter()
    for counts in sources.counted.values():
        totals.update(counts)
    found = migrations_by_writer(sources.now, sources.since)
    migrations = {number: names for number, names in found.items() if sources.lacks(number)}
    chosen = [number for number, _ in totals.most_common(WRITERS_KEPT_MAX)]
    chosen += [number for number in migrations if number not in chosen]
    times = commit_times(sources.now, chosen)
    return tuple(
        Writer(
            number=number,
            rows={t: counts[number] for t, counts in sources.counted.items() if counts[number]},
            migrations=tuple(migrations.get(number, ())),
            committed_at=times.get(number),
        )
        for number in chosen
    )


def _recorded(sources: _Sources) -> Iterator[Recorded]:
    for entry in read_ledger(sources.now.session):
        number = entry.xid
        end = entry.until_xid or (number + 1 if number else UNENDED)
        has_left_nothing = entry.outcome == FAILED and entry.is_atomic
        is_lost = end > sources.horizon or sources.lacks(number)
        if is_lost and not has_left_nothing:
            first = number if number and entry.is_atomic else entry.first_xid
            yield Recorded(migration=entry.migration, number=number, first=first, end=end)


class _File:
    """One table's rows while they are written."""

    def __init__(self, folder: Path, table: TableName) -> None:
        self.name = file_name(table)
        self.kinds: Counter[str] = Counter()
        self._path = folder / self.name
        self._file = private_file(self._path)
        self._hash = hashlib.sha256()

    def write(self, row: Sighted, *, kind: str) -> None:
        line = msgspec.json.encode(row) + b"\n"
        self._file.write(line)
        self._hash.update(line)
        self.kinds[kind] += 1

    def close(self) -> bool:
        """Put it on disk; False, and no file, where there was no row."""
        if not self.kinds:
            self._file.close()
            self._path.unlink()
            return False
        synced(self._file)
        self.sha256 = self._hash.hexdigest()
        return True
