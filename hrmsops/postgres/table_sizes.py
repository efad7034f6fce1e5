"""How large each table is now, with its partitions as one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, LiteralString

from hrmsops.postgres.catalog import TableName

if TYPE_CHECKING:
    from hrmsops.postgres.session import Session

_SIZES: LiteralString = """
    WITH leaf AS (
        SELECT c.oid, coalesce(pg_partition_root(c.oid)::oid, c.oid) AS root, c.reltuples
        FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
        WHERE c.relkind = 'r' AND c.relpersistence <> 't'
          AND n.nspname !~ '^(pg_|information_schema$|hrmsops$)')
    SELECT n.nspname, r.relname, r.relkind = 'p',
           sum(nullif(l.reltuples, -1))::bigint,
           sum(pg_table_size(l.oid))::bigint, sum(pg_indexes_size(l.oid))::bigint,
           (SELECT max(coalesce(s.last_analyze, s.last_autoanalyze))
            FROM pg_stat_user_tables s WHERE s.relid = r.oid)
    FROM leaf l JOIN pg_class r ON r.oid = l.root JOIN pg_namespace n ON n.oid = r.relnamespace
    GROUP BY r.oid, n.nspname, r.relname, r.relkind ORDER BY 5 DESC, 1, 2
"""
# The first key of an index that is a time and never NULL, with how often the index was read.
_DATES: LiteralString = """
    SELECT n.nspname, c.relname, a.attname, sum(coalesce(s.idx_scan, 0))::bigint
    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
         AND a.atttypid IN ('date'::regtype, 'timestamp'::regtype, 'timestamptz'::regtype)
    LEFT JOIN pg_index x ON x.indrelid = c.oid AND x.indkey[0] = a.attnum
    LEFT JOIN pg_stat_user_indexes s ON s.indexrelid = x.indexrelid
    WHERE c.relkind = 'r' AND NOT c.relispartition AND n.nspname !~ '^(pg_|information_schema$)'
    GROUP BY 1, 2, 3, a.attnum ORDER BY 1, 2, (max(x.indexrelid) IS NULL), 4 DESC, a.attnum
"""


@dataclass(frozen=True, kw_only=True)
class Dated:
    """A column by which a table could be cut, and how often an index that begins so is read."""

    column: str
    reads: int


@dataclass(frozen=True, kw_only=True)
class TableSize:
    """A table, or a partitioned one with its partitions. `rows` None: never analysed."""

    name: TableName
    rows: int | None
    is_exact: bool
    bytes: int
    """Without indexes, with what is stored out of line."""
    index_bytes: int
    is_partitioned: bool
    is_analysed: bool
    """Of a partitioned table: it has statistics as a whole, which autovacuum never makes."""
    dates: tuple[Dated, ...]
    """The likeliest first: those with an index, the one that is read most before the others."""


def read_sizes(session: Session, *, exact: bool) -> tuple[TableSize, ...]:
    """Every table, the largest first; rows from statistics, or `exact`, by reading each one."""
    rows = session.execute(_SIZES).fetchall()
    dates: dict[TableName, list[Dated]] = {}
    for schema, table, column, reads in session.execute(_DATES):
        dates.setdefault(TableName(schema, table), []).append(Dated(column=column, reads=reads))
    found = []
    for schema, table, is_partitioned, guess, size, index_bytes, analysed in rows:
        name = TableName(schema, table)
        found.append(
            TableSize(
                name=name,
                rows=_counted(session, name) if exact else guess,
                is_exact=exact,
                bytes=size,
                index_bytes=index_bytes,
                is_partitioned=is_partitioned,
                is_analysed=analysed is not None,
                dates=tuple(dates.get(name, ())),
            )
        )
    return tuple(found)


def _counted(session: Session, name: TableName) -> int:
    from psycopg import sql

    row = session.execute(
        sql.SQL("SELECT count(*) FROM {}").format(sql.Identifier(*name))
    ).fetchone()
    assert row
    return int(row[0])
