"""Looking at the partitioned tables that are to be kept up."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hrmsops.errors.partition import NotPartitioned
from hrmsops.partition.parent import tuning
from hrmsops.plans.observing_partition import opened, taken_names
from hrmsops.plans.partition_facts import KeptFacts
from hrmsops.postgres.catalog import TableName
from hrmsops.postgres.partitions import Ranges, read_ranges
from hrmsops.world import World

if TYPE_CHECKING:
    from hrmsops.postgres.session import Session


def observe_kept(world: World, *, instance: str, table: str | None) -> tuple[KeptFacts, ...]:
    """Every table that is cut by time, or the one; raises NotPartitioned where it is not."""
    wanted = None if table is None else TableName.parse(table)
    with opened(world, instance) as session:
        found = [each for each in read_ranges(session) if wanted in (None, each.name)]
        if wanted and not found:
            raise NotPartitioned(table=str(wanted), why="It is not partitioned by time.")
        return tuple(_kept(session, each) for each in found)


def _kept(session: Session, ranges: Ranges) -> KeptFacts:
    from hrmsops.postgres.partition_record import recorded
    from hrmsops.postgres.table_shape_reading import read_shape

    parts = [each for each in ranges.partitions if each.end is not None]
    newest = max(parts, key=lambda each: each.end or each.begin, default=None)  # type: ignore[arg-type, return-value]
    like = read_shape(session, newest.name) if newest else None
    parent = read_shape(session, ranges.name)
    assert parent is not None
    return KeptFacts(
        ranges=ranges,
        recorded=recorded(session, ranges.name),
        options=like.options if like else (),
        tuning=tuning(like) if like else (),
        has_row_security=parent.has_row_security,
        default_rows=_has_rows(session, ranges),
        tables=taken_names(session, ranges.name.schema),
    )


def _has_rows(session: Session, ranges: Ranges) -> bool:
    from psycopg import sql

    if ranges.default is None:
        return False
    query = sql.SQL("SELECT EXISTS (SELECT FROM {})")
    row = session.execute(query.format(sql.Identifier(*ranges.default.name))).fetchone()
    return bool(row and row[0])
