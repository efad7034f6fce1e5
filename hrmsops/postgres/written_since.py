"""What was written to a database since a moment, as far as its rows are dated."""

from __future__ import annotations

import re
import time
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from hrmsops.postgres.catalog import Catalog, Table, TableName
from hrmsops.postgres.catalog_reading import read_catalog
from hrmsops.postgres.session import Target, connect

if TYPE_CHECKING:
    from hrmsops.postgres.session import Session

TABLE_SECONDS_MAX = 3
"""A count reads a whole table where its date has no index."""
_DATED = re.compile(
    r"(creat|updat|modif|insert|chang|record|writ|log|add|appl)\w*(_at|_on|_time)?|timestamp"
)
_TYPES = ("timestamp with time zone", "timestamp without time zone")


@dataclass(frozen=True, kw_only=True)
class WrittenSince:
    """Rows dated after the moment, by table; what could not be counted; the migrations since.

    It is the least that was written: an undated row, a changed one whose date tells of its making
    alone, and a deleted one are in no count.
    """

    rows: dict[TableName, int]
    undated: tuple[TableName, ...]
    uncounted: tuple[TableName, ...]
    migrations: tuple[str, ...]

    @property
    def total(self) -> int:
        return sum(self.rows.values())


def written_since(target: Target, moment: datetime, *, within: timedelta) -> WrittenSince:
    """Count in every table as far as it fits `within`. Raises what `connect` does.

    Nothing is written; each table has a few seconds, so that a damaged server is not held up.
    """
    until = time.monotonic() + within.total_seconds()
    rows: dict[TableName, int] = {}
    undated, uncounted = [], []
    with connect(target, read_only=True) as session:
        catalog = read_catalog(session)
        for name, table in catalog.tables.items():
            dates = _dates(table)
            if not dates:
                undated.append(name)
                continue
            seconds = min(TABLE_SECONDS_MAX, until - time.monotonic())
            count = _count(session, name, dates, moment, seconds) if seconds > 0 else None
            if count is None:
                uncounted.append(name)
            elif count:
                rows[name] = count
    return WrittenSince(
        rows=rows,
        undated=tuple(undated),
        uncounted=tuple(uncounted),
        migrations=_migrations(catalog, moment),
    )


def _dates(table: Table) -> list[str]:
    """The columns that say when a row was written."""
    return [
        name
        for name, column in table.columns.items()
        if column.base_type in _TYPES and _DATED.fullmatch(name)
    ]


def _count(
    session: Session, table: TableName, dates: list[str], moment: datetime, seconds: float
) -> int | None:
    """None where the server would not or could not in time."""
    import psycopg
    from psycopg import sql

    later = sql.SQL(" OR ").join(sql.SQL("{} > %(at)s").format(sql.Identifier(d)) for d in dates)
    query = sql.SQL("SELECT count(*) FROM {} WHERE {}").format(sql.Identifier(*table), later)
    limit = str(max(int(seconds * 1000), 1))
    try:
        with session.transaction():
            session.execute("SELECT set_config('statement_timeout', %s, true)", [limit])
            row = session.execute(query, {"at": moment}).fetchone()
    except psycopg.Error:
        return None
    return int(row[0]) if row else None


def _migrations(catalog: Catalog, moment: datetime) -> tuple[str, ...]:
    """`app.name` of those applied since, in their order."""
    return tuple(f"{m.app}.{m.name}" for m in catalog.migrations if m.applied_at > moment)
