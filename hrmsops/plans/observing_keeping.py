"""Looking at the partitioned tables that are to be kept up."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, LiteralString

from hrmsops.errors.partition import NotPartitioned
from hrmsops.partition import in_default
from hrmsops.partition.parent import tuning
from hrmsops.partition.periods import Every, Wanted, beyond, missing
from hrmsops.partition.sizes import spans
from hrmsops.plans.keeping_default import ROWS_MOVED_MAX
from hrmsops.plans.keeping_manner import manner
from hrmsops.plans.observing_partition import estimated_rows, moment_of, opened, taken_names
from hrmsops.plans.partition_facts import DefaultFacts, KeptFacts
from hrmsops.postgres.catalog import TableName
from hrmsops.postgres.partitions import Ranges, read_ranges
from hrmsops.world import World

if TYPE_CHECKING:
    from hrmsops.postgres.session import Session

FAR = timedelta(days=3653)
"""Ten years: periods that are that far ahead are not cut for long."""
_BYTES: LiteralString = """
    SELECT pg_relation_size(t), pg_total_relation_size(t)
    FROM to_regclass(format('%%I.%%I', %s::text, %s::text)) AS t
"""


def observe_kept(
    world: World,
    *,
    instance: str,
    table: str | None,
    now: datetime,
    ahead: int | None,
    archive: str,
) -> tuple[KeptFacts, ...]:
    """Every table that is cut by time, or the one; raises NotPartitioned where it is not.

    `ahead`: how many partitions to come are wanted; None is as many as before.
    """
    wanted = None if table is None else TableName.parse(table)
    with opened(world, instance) as session:
        found = [each for each in read_ranges(session) if wanted in (None, each.name)]
        if wanted and not found:
            raise NotPartitioned(table=str(wanted), why="It is not partitioned by time.")
        return tuple(_kept(session, each, now, ahead, archive) for each in found)


def _kept(
    session: Session, ranges: Ranges, now: datetime, ahead: int | None, archive: str
) -> KeptFacts:
    from hrmsops.postgres.partition_record import recorded
    from hrmsops.postgres.table_shape_reading import read_shape

    parts = [each for each in ranges.partitions if each.end is not None]
    newest = max(parts, key=lambda each: each.end or each.begin, default=None)  # type: ignore[arg-type, return-value]
    like = read_shape(session, newest.name) if newest else None
    parent = read_shape(session, ranges.name)
    assert parent is not None
    every, kept_ahead = manner(ranges, recorded(session, ranges.name), ahead)
    first = _first(session, ranges)
    there, since = spans(ranges), min(first or now, now)
    new = (
        missing(ranges.name.name, every, there=there, since=since, now=now, ahead=kept_ahead)
        if every
        else ()
    )
    return KeptFacts(
        ranges=ranges,
        every=every,
        missing=new,
        far=_far(session, ranges, every, new, now) if every and new and first else None,
        options=like.options if like else (),
        tuning=tuning(like) if like else (),
        shape=parent,
        default=_default(session, ranges, new, is_empty=first is None),
        tables=taken_names(session, ranges.name.schema),
        archived=taken_names(session, archive) if archive else frozenset(),
    )


def _default(
    session: Session, ranges: Ranges, new: Sequence[Wanted], *, is_empty: bool
) -> DefaultFacts | None:
    from hrmsops.postgres.table_shape_reading import read_shape

    if ranges.default is None:
        return None
    of = ranges.default.name
    shape = read_shape(session, of)
    assert shape is not None
    row = session.execute(_BYTES, list(of)).fetchone()
    heap_bytes, all_bytes = row or (0, 0)
    span = in_default.within(new, ranges.column, ranges.type)
    moving = _count(session, of, span) if new else 0
    last = in_default.last(of, ranges.column, where=span)
    return DefaultFacts(
        shape=shape,
        is_empty=is_empty,
        moving=moving,
        last=_moment(session, last) if moving else None,
        staying=_count(session, of, f"{span} IS NOT TRUE") if new else 0,
        about=estimated_rows(session, of),
        heap_bytes=heap_bytes,
        all_bytes=all_bytes,
    )


def _far(
    session: Session, ranges: Ranges, every: Every, new: Sequence[Wanted], now: datetime
) -> Wanted | None:
    """One partition for all that is dated decades ahead, as 9999-12-31, where that is much."""
    assert ranges.default is not None
    since = max(now + FAR, *(each.span.end or now for each in new))
    rows = in_default.since(since, ranges.column, ranges.type)
    if _count(session, ranges.default.name, rows) <= ROWS_MOVED_MAX:
        return None
    first = _first(session, ranges, where=rows)
    return beyond(ranges.name.name, every, there=spans(ranges), first=first) if first else None


def _first(session: Session, ranges: Ranges, *, where: str = "true") -> datetime | None:
    """The least moment in the default partition; None where no row of it has one."""
    if ranges.default is None:
        return None
    return _moment(session, in_default.first(ranges.default.name, ranges.column, where=where))


def _moment(session: Session, query: str) -> datetime | None:
    row = session.execute(query.encode()).fetchone()
    return moment_of(row[0]) if row else None


def _count(session: Session, of: TableName, where: str) -> int:
    query = in_default.counted(of, where, most=ROWS_MOVED_MAX)
    row = session.execute(query.encode()).fetchone()
    return int(row[0]) if row else 0
