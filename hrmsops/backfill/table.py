"""What the catalogue knows of a table before a backfill."""

from __future__ import annotations

import json
from typing import Any

from django.db import connections

from hrmsops.backfill.keys import key_fields
from hrmsops.backfill.rows import TREE
from hrmsops.backfill.strategy import PAGES_SINCE, TableFacts
from hrmsops.backfill.terms import in_pages
from hrmsops.backfill.work import Work

INTEGERS = ("smallint", "integer", "bigint")
COUNTED_ROWS_MAX = 200_000
"""Up to here matching rows are counted; above, a sample is near enough for a progress."""
COUNTED_PAGES_MAX = 500
"""Up to here all rows are: the planner guesses at a table that nobody has analyzed."""
SPOTS, SPOT_PAGES = 16, 16
_SIZE = """
    SELECT sum(pages)::bigint, max(pages)::bigint, count(*) > 1,
           bool_and(pg_has_role(relowner, 'USAGE')), current_setting('server_version_num')::int
    FROM (SELECT relowner, pg_relation_size(oid) / current_setting('block_size')::bigint AS pages
          FROM pg_class JOIN tree USING (oid)) sizes
"""
_IN_INDEX = """
    SELECT EXISTS (
        SELECT FROM pg_index i JOIN tree ON tree.oid = i.indrelid
        JOIN pg_depend d ON d.classid = 'pg_class'::regclass
            AND d.objid = i.indexrelid AND d.refobjid = i.indrelid
        JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = d.refobjsubid
        WHERE a.attname = ANY(%(columns)s))
"""
_CORRELATION = """
    SELECT s.correlation, a.atttypid::regtype::text FROM pg_attribute a
    JOIN pg_class c ON c.oid = a.attrelid JOIN pg_namespace n ON n.oid = c.relnamespace
    LEFT JOIN pg_stats s ON s.schemaname = n.nspname AND s.tablename = c.relname
        AND s.attname = a.attname AND NOT s.inherited
    WHERE a.attrelid = %(table)s::regclass AND a.attname = %(column)s
"""


def facts_of(work: Work) -> TableFacts:
    """Observed once, without reading the table unless it is small."""
    table, using = work.quoted_table, work.using
    [(pages, depth, has_parts, may_vacuum, server)] = _ask(using, TREE + _SIZE, table=table)
    columns = list(work.columns)
    [(in_index,)] = _ask(using, TREE + _IN_INDEX, table=table, columns=columns)
    first, *others = key_fields(work.model)
    [(correlation, kind)] = _ask(using, _CORRELATION, table=table, column=first.column)
    every = work.every_row
    rows = every.count() if pages <= COUNTED_PAGES_MAX else estimate(every)
    return TableFacts(
        rows=rows,
        pages=pages,
        matching=_matching(work, rows=rows, pages=depth, server=server),
        has_integer_key=kind in INTEGERS and not others,
        correlation=correlation,
        in_index=in_index,
        may_vacuum=may_vacuum,
        server=server,
        joins=len(work.rows.query.alias_map) > 1,
        has_parts=has_parts,
        writes_by_itself=work.batch is not None,
    )


def _matching(work: Work, *, rows: int, pages: int, server: int) -> int:
    """How many rows the filter leaves, by looking at some pages.

    The planner knows nothing of a column that is new: just that is what backfills are for.
    """
    if not work.is_filtered:
        return rows
    if rows <= COUNTED_ROWS_MAX:
        return int(work.rows.count())
    if server < PAGES_SINCE or len(work.rows.query.alias_map) > 1:
        return min(rows, estimate(work.rows))
    seen = matched = 0
    for spot in range(SPOTS):
        first = pages * spot // SPOTS
        there = in_pages(work.quoted_table, first, first + SPOT_PAGES)
        seen += work.every_row.filter(there).count()
        matched += work.rows.filter(there).count()
    return rows * matched // max(seen, 1)


def estimate(rows: Any) -> int:
    """Rows as the planner has it."""
    [found] = json.loads(rows.order_by().explain(format="json"))
    return int(found["Plan"]["Plan Rows"])


def _ask(using: str, sql: str, **values: Any) -> list[tuple[Any, ...]]:
    with connections[using].cursor() as cursor:
        cursor.execute(sql, values)
        found: list[tuple[Any, ...]] = cursor.fetchall()
        return found
