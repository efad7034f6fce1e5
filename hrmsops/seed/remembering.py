"""What the last seed left in each row, kept in the database: one record a table, not one a row."""

from __future__ import annotations

from typing import TYPE_CHECKING, LiteralString

from hrmsops.seed import difference as states
from hrmsops.seed.mapped import Column, Mapped
from hrmsops.seed.records import EARLIER
from hrmsops.seed.staging import alias, compared

if TYPE_CHECKING:
    from psycopg import sql

    from hrmsops.postgres.session import Session

_FORMS: LiteralString = """
    SELECT to_regclass('hrmsops.seeded_values') IS NOT NULL,
           to_regclass('hrmsops.seeded') IS NOT NULL
"""
_NOTHING = "SELECT NULL::text AS key, NULL::jsonb AS values, NULL::text[] AS columns WHERE false"
_VALUES = """
    SELECT e.key, e.value AS values, v.columns
    FROM hrmsops.seeded_values AS v CROSS JOIN LATERAL jsonb_each(v.rows) AS e
    WHERE v.relation = {relation}"""
# Where both forms are, an earlier hrmsops wrote that one last.
_ROWS = "SELECT o.key, o.values, o.columns FROM {earlier} AS o WHERE o.relation = {relation}"
_NOT_AMONG_ROWS = """
    AND NOT EXISTS (SELECT FROM hrmsops.seeded AS o
                    WHERE o.relation = {relation} AND o.key = e.key)"""
# A row is on record once: where it had other columns, it goes from there. The document is put
# together as json, which takes half the time.
_REMEMBER = """
WITH due AS MATERIALIZED (
    SELECT s.key, {values} AS values FROM {compared} AS s WHERE s.state = ANY({states})),
moved AS (
    UPDATE hrmsops.seeded_values AS v SET rows = v.rows - (SELECT array_agg(key) FROM due)
    WHERE v.relation = {relation} AND v.columns <> {columns} AND EXISTS (SELECT FROM due))
INSERT INTO hrmsops.seeded_values AS v (relation, columns, rows)
SELECT {relation}, {columns}, json_object_agg(key, values)::jsonb FROM due HAVING count(*) > 0
ON CONFLICT (relation, columns) DO UPDATE SET rows = v.rows || excluded.rows
"""


def known(session: Session, mapped: Mapped, *, is_recorded: bool) -> sql.Composed:
    """A query for what is on record of each row: its key, and which columns had which values."""
    from psycopg import sql

    has_values, has_rows = (is_recorded and session.execute(_FORMS).fetchone()) or (False, False)
    parts = [_ROWS] if has_rows else []
    if has_values:
        parts.append(f"{_VALUES} {_NOT_AMONG_ROWS}" if has_rows else _VALUES)
    return sql.SQL(" UNION ALL ").join(
        sql.SQL(each).format(relation=mapped.relation, earlier=sql.SQL(EARLIER))
        for each in parts or [_NOTHING]
    )


def is_remembered(mapped: Mapped) -> sql.Composed:
    """Whether a row `k` on record is what the data `s` have."""
    from psycopg import sql

    return sql.SQL("(k.columns = {} AND k.values = to_jsonb({}))").format(
        _names(mapped), _values(mapped)
    )


def is_by_hand(column: Column, type_: str) -> sql.Composed:
    """Whether the value is not the one that the last seed left there."""
    from psycopg import sql

    return sql.SQL(
        "({column} = ANY(k.columns) AND t.{there} IS DISTINCT FROM"
        " (k.values ->> (array_position(k.columns, {column}) - 1))::{type})"
    ).format(column=column.column, there=sql.Identifier(alias(column)), type=sql.SQL(type_))


def remember(session: Session, mapped: Mapped, *, overwrite: bool) -> None:
    """Keep what is now there by our hand, and what was there already just so."""
    from psycopg import sql

    session.execute(
        sql.SQL(_REMEMBER).format(
            relation=mapped.relation,
            columns=_names(mapped),
            values=sql.SQL("to_json({})").format(_values(mapped)),
            compared=compared(mapped),
            states=[*states.written(overwrite=overwrite), states.ADOPT],
        )
    )


def _sorted(mapped: Mapped) -> list[Column]:
    """As `columns` has them."""
    return sorted(mapped.columns, key=lambda each: each.column.encode())


def _names(mapped: Mapped) -> sql.Composed:
    from psycopg import sql

    return sql.SQL("{}::text[]").format([each.column for each in _sorted(mapped)])


def _values(mapped: Mapped) -> sql.Composed:
    from psycopg import sql

    texts = (sql.SQL("s.{}::text").format(sql.Identifier(alias(e))) for e in _sorted(mapped))
    return sql.SQL("ARRAY[{}]").format(sql.SQL(", ").join(texts))
