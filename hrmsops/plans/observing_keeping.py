"""Looking at the partitioned tables that are to be kept up."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from hrmsops.errors.partition import NotPartitioned
from hrmsops.partition.parent import tuning
from hrmsops.plans.keeping import ROWS_MOVED_MAX
from hrmsops.plans.observing_partition import estimated_rows, moment_of, opened, taken_names
from hrmsops.plans.partition_facts import KeptFacts
from hrmsops.postgres.catalog import TableName
from hrmsops.postgres.partitions import Ranges, read_ranges
from hrmsops.world import World

if TYPE_CHECKING:
    from hrmsops.postgres.session import Session


def observe_kept(
    world: World, *, instance: str, table: str | None, archive: str
) -> tuple[KeptFacts, ...]:
    """Every table that is cut by time, or the one; raises NotPartitioned where it is not."""
    wanted = None if table is None else TableName.parse(table)
    with opened(world, instance) as session:
        found = [each for each in read_ranges(session) if wanted in (None, each.name)]
        if wanted and not found:
            raise NotPartitioned(table=str(wanted), why="It is not partitioned by time.")
        return tuple(_kept(session, each, archive) for each in found)


def _kept(session: Session, ranges: Ranges, archive: str) -> KeptFacts:
    from hrmsops.postgres.partition_record import recorded
    from hrmsops.postgres.table_shape_reading import read_shape

    parts = [each for each in ranges.partitions if each.end is not None]
    newest = max(parts, key=lambda each: each.end or each.begin, default=None)  # type: ignore[arg-type, return-value]
    like = read_shape(session, newest.name) if newest else None
    parent = read_shape(session, ranges.name)
    assert parent is not None
    rows, first = _in_default(session, ranges)
    default = ranges.default.name if ranges.default else None
    return KeptFacts(
        ranges=ranges,
        recorded=recorded(session, ranges.name),
        options=like.options if like else (),
        tuning=tuning(like) if like else (),
        shape=parent,
        default=default and read_shape(session, default),
        default_rows=rows,
        default_about=estimated_rows(session, default) if default else 0,
        default_first=first,
        tables=taken_names(session, ranges.name.schema),
        archived=taken_names(session, archive) if archive else frozenset(),
    )


def _in_default(session: Session, ranges: Ranges) -> tuple[int, datetime | None]:
    """How many rows, no further than can be moved, and the first of all of them."""
    from psycopg import sql

    if ranges.default is None:
        return 0, None
    parts = {
        "c": sql.Identifier(ranges.column),
        "t": sql.Identifier(*ranges.default.name),
        "most": sql.Literal(ROWS_MOVED_MAX + 1),
    }
    query = (
        "SELECT count(*), min(c)::text FROM"
        " (SELECT {c} AS c FROM {t} WHERE {c} IS NOT NULL AND isfinite({c}) LIMIT {most}) rows"
    )
    row = session.execute(sql.SQL(query).format(**parts)).fetchone()
    assert row
    return row[0], moment_of(row[1])
