"""What differs between a recovered database and the old one, kept in files before traffic comes.

Once the recovered database serves, what is new in it cannot be told from what it lacks. So both are
read while neither is written, and the merge (`replay`) decides later, from these files alone.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from datetime import datetime
from fnmatch import fnmatch
from pathlib import Path

from hrmsops.postgres.capture_sources import Sources, largest_writers, recorded
from hrmsops.postgres.captured import Captured, TableCaptured
from hrmsops.postgres.catalog import Catalog, Table, TableName
from hrmsops.postgres.changes import new_folder, seal
from hrmsops.postgres.compare import compare_table
from hrmsops.postgres.differences import snapshot
from hrmsops.postgres.horizon import horizon_of, in_flight, next_number
from hrmsops.postgres.pairing import Pair, pairs
from hrmsops.postgres.readable import unreadable
from hrmsops.postgres.session import Target
from hrmsops.postgres.sighted_file import SightedFile
from hrmsops.postgres.sightings import kind_of, sightings

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
        sources = Sources(
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
            writers=largest_writers(sources),
            ledger=tuple(recorded(sources)),
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


def _in_order(ours: Catalog, theirs: Catalog) -> list[TableName]:
    """The recovered schema's tables, each after those it refers to; then those it does not have.

    A table that the migration dropped holds nothing that users could have written.
    """
    kept = [name for name in ours.order.all if name in theirs.tables]
    return kept + [name for name in theirs.order.all if name not in ours.tables]


def _has_key(sources: Sources, name: TableName, met: Pair | None) -> bool:
    return bool(met.key if met else sources.now.catalog.tables[name].key)


def _is_same(sources: Sources, name: TableName, met: Pair | None) -> bool:
    """Of tables without a key: all that can be said of them."""
    if met is not None:
        return compare_table(sources.base, sources.now, met, keys_max=0).is_same
    from psycopg import sql

    query = sql.SQL("SELECT NOT EXISTS (SELECT FROM {})").format(sql.Identifier(*name))
    return sources.now.session.execute(query).fetchone() == (True,)


def _capture_table(sources: Sources, name: TableName, met: Pair | None) -> TableCaptured | None:
    here = met.here if met else None
    there = sources.now.catalog.tables[name]
    shared = tuple(e.here.name for e in met.columns if not e.here.is_generated) if met else ()
    only_base = tuple(n for n in met.only_here if n in met.here.written) if met else ()
    only_now = tuple(met.only_there) if met else there.written
    rows = sightings(sources, name, met, shared + only_base, shared + only_now)
    file = SightedFile(sources.folder, name)
    for row in rows:
        file.write(row, kind=kind_of(row, shared))
        sources.count(name, row.writer)
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


def _required(here: Table, only_base: Sequence[str]) -> tuple[str, ...]:
    columns = (here.columns[name] for name in only_base)
    return tuple(e.name for e in columns if e.is_required and not (e.has_default or e.identity))
