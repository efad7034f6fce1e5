"""What the catalogue knows of a table before a backfill, and its keys."""

from __future__ import annotations

import json
from itertools import pairwise
from typing import Any

from django.db import connections

from hrmsops.backfill.strategy import PAGES_SINCE, TableFacts
from hrmsops.backfill.terms import in_pages
from hrmsops.backfill.work import Work

INTEGERS = ("smallint", "integer", "bigint")
COUNTED_ROWS_MAX = 200_000
"""Up to here rows are counted; above, a sample is near enough for a progress."""
SPOTS, SPOT_PAGES = 16, 16
_SIZE = """
    SELECT greatest(c.reltuples, 0)::bigint,
           (pg_relation_size(c.oid) / current_setting('block_size')::bigint)::bigint,
           pg_has_role(c.relowner, 'USAGE'), current_setting('server_version_num')::int
    FROM pg_class c WHERE c.oid = %s::regclass
"""
_IN_INDEX = """
    SELECT EXISTS (
        SELECT FROM pg_index i JOIN pg_depend d ON d.classid = 'pg_class'::regclass
            AND d.objid = i.indexrelid AND d.refobjid = i.indrelid
        JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = d.refobjsubid
        WHERE i.indrelid = %s::regclass AND a.attname = ANY(%s))
"""
_CORRELATION = """
    SELECT s.correlation, a.atttypid::regtype::text FROM pg_attribute a
    JOIN pg_class c ON c.oid = a.attrelid JOIN pg_namespace n ON n.oid = c.relnamespace
    LEFT JOIN pg_stats s ON s.schemaname = n.nspname AND s.tablename = c.relname
        AND s.attname = a.attname AND NOT s.inherited
    WHERE a.attrelid = %s::regclass AND a.attname = %s
"""


def facts_of(work: Work) -> TableFacts:
    """Observed once, without reading the table."""
    table, using = quoted(work), work.using
    [(known, pages, may_vacuum, server)] = _ask(using, _SIZE, [table])
    [(in_index,)] = _ask(using, _IN_INDEX, [table, list(work.columns)])
    [(correlation, kind)] = _ask(using, _CORRELATION, [table, work.model._meta.pk.column])
    everything = work.model._base_manager.using(using).all()
    rows = known or estimate(everything)
    return TableFacts(
        rows=rows,
        pages=pages,
        matching=_matching(work, rows=rows, pages=pages, server=server),
        has_integer_key=kind in INTEGERS,
        correlation=correlation,
        in_index=in_index,
        may_vacuum=may_vacuum,
        server=server,
        joins=len(work.rows.query.alias_map) > 1,
        writes_by_itself=work.batch is not None,
    )


def quoted(work: Work) -> str:
    return str(connections[work.using].ops.quote_name(work.table))


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
    every = work.model._base_manager.using(work.using).all()
    seen = matched = 0
    for spot in range(SPOTS):
        first = pages * spot // SPOTS
        there = in_pages(work.table, first, first + SPOT_PAGES)
        seen += every.filter(there).count()
        matched += work.rows.filter(there).count()
    return rows * matched // max(seen, 1)


def estimate(rows: Any) -> int:
    """Rows as the planner has it."""
    [found] = json.loads(rows.order_by().explain(format="json"))
    return int(found["Plan"]["Plan Rows"])


def last_key(work: Work) -> Any:
    """None where no row is there."""
    keys = work.model._base_manager.using(work.using).order_by("-pk")
    return plain(keys.values_list("pk", flat=True).first())


def bounds_of(work: Work, shards: int) -> list[tuple[Any, Any]]:
    """For each shard the key that it begins after, and its last one."""
    last = last_key(work)
    if shards == 1 or last is None:
        return [(None, last)] + [(last, last)] * (shards - 1)
    keys = work.model._base_manager.using(work.using).order_by("pk").values_list("pk", flat=True)
    first = keys.first()
    if isinstance(first, int) and isinstance(last, int):
        # Numbers are cut without counting rows, which takes minutes where there are many.
        cuts = [first + (last - first) * part // shards for part in range(1, shards)]
    else:
        count = keys.order_by().count()
        cuts = [plain(keys[count * part // shards]) for part in range(1, shards)]
    return list(pairwise([None, *cuts, last]))


def plain(key: Any) -> Any:
    """A key as JSON has it: the field reads it back."""
    return key if key is None or isinstance(key, (int, str)) else str(key)


def _ask(using: str, sql: str, values: list[Any]) -> list[tuple[Any, ...]]:
    with connections[using].cursor() as cursor:
        cursor.execute(sql, values)
        found: list[tuple[Any, ...]] = cursor.fetchall()
        return found
