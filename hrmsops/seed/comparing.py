"""The data held against the rows that are there: in the database, without a write to any table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from hrmsops.errors.seed_writing import SeedKeysTwice, SeedParentsMissing
from hrmsops.seed import difference as states
from hrmsops.seed.difference import Change, Difference, digest_of
from hrmsops.seed.fitting import Texts
from hrmsops.seed.mapped import Column, Mapped
from hrmsops.seed.staging import alias, joined, relation, staged, there

if TYPE_CHECKING:
    from psycopg import sql

    from hrmsops.postgres.session import Session

TOLD_MAX = 10
_COMPARED = """
CREATE TEMPORARY TABLE {compared} ON COMMIT DROP AS
SELECT number, key, fields, CASE
    WHEN NOT is_there AND NOT is_known THEN 'add'
    WHEN NOT is_there THEN 'removed'
    WHEN fields = '{{}}' AND is_remembered THEN 'same'
    WHEN fields = '{{}}' THEN 'adopt'
    WHEN NOT is_known THEN 'foreign'
    WHEN by_hand THEN 'hand'
    WHEN {is_dated} THEN 'dated'
    ELSE 'change' END AS state
FROM (
    SELECT s.number, {key} AS key,
        k.key IS NOT NULL AS is_known, t.is_there IS NOT NULL AS is_there,
        k.key IS NOT NULL AND k.values = {values} AS is_remembered,
        CASE WHEN t.is_there IS NULL THEN NULL WHEN {is_same} THEN '{{}}' ELSE {fields} END
            AS fields,
        {by_hand} AS by_hand
    FROM {staged} AS s
    LEFT JOIN (SELECT true AS is_there, {there} FROM {joined}) AS t ON {same_key}
    LEFT JOIN {known} AS k ON k.key = {key}
) AS held
"""
_NOTHING_KNOWN = "(SELECT NULL::text AS key, NULL::jsonb AS values WHERE false)"
_KNOWN = "(SELECT key, values FROM hrmsops.seeded WHERE relation = {})"
_TYPES = """
SELECT attname, format_type(atttypid, atttypmod) FROM pg_attribute
WHERE attrelid = %s::regclass AND attnum > 0
"""


def compare(
    session: Session,
    mapped: Mapped,
    rows: Sequence[Texts],
    *,
    is_recorded: bool,
    overwrite: bool,
) -> Difference:
    """Compare what is staged of `mapped`, and keep it in a temporary table for `write`.

    Raises SeedKeysTwice.
    """
    from psycopg import sql

    session.execute(sql.SQL("DROP TABLE IF EXISTS {}").format(compared(mapped)))
    session.execute(_comparison(session, mapped, is_recorded=is_recorded))
    counts = session.execute(
        sql.SQL("SELECT state, count(*) FROM {} GROUP BY state").format(compared(mapped))
    ).fetchall()
    if sum(count for _, count in counts) > len(rows):
        raise _twice(session, mapped, rows)
    found = session.execute(
        sql.SQL(
            "SELECT number, state, fields FROM {}"
            " WHERE state NOT IN ('same', 'adopt') ORDER BY number"
        ).format(compared(mapped))
    ).fetchall()
    changes = tuple(
        Change(
            number=number,
            key=_told(mapped, rows[number]),
            state=state,
            fields=_fields(mapped, fields),
        )
        for number, state, fields in found
    )
    return Difference(
        table=mapped.table,
        relation=mapped.relation,
        counts={state: int(count) for state, count in sorted(counts)},
        changes=changes,
        only_there=_only_there(session, mapped),
        digest=digest_of(mapped, rows, changes, overwrite=overwrite),
    )


def require_parents(
    session: Session, found: Mapping[str, Mapped], mapped: Mapped, *, overwrite: bool
) -> None:
    """Raise SeedParentsMissing where a row would refer to what is not there and does not come."""
    from psycopg import sql

    writes = list(states.written(overwrite=overwrite))
    for column in mapped.columns:
        if column.parent is None:
            continue
        name = sql.Identifier("s", alias(column))
        coming = sql.SQL("false")
        if (parent := found.get(column.parent.table)) is not None:
            key = parent.named(parent.key[0])
            coming = sql.SQL(
                "EXISTS (SELECT FROM {} q JOIN {} c USING (number)"
                " WHERE q.{} = {} AND c.state = ANY({}))"
            ).format(staged(parent), compared(parent), sql.Identifier(alias(key)), name, writes)  # type: ignore[assignment]
        missing = session.execute(
            sql.SQL(
                "SELECT DISTINCT {name}::text FROM {} s JOIN {} d USING (number)"
                " WHERE d.state = ANY({}) AND {name} IS NOT NULL AND NOT {}"
                " AND NOT EXISTS (SELECT FROM {} p WHERE p.{} = {name}) ORDER BY 1 LIMIT {}"
            ).format(
                staged(mapped),
                compared(mapped),
                writes,
                coming,
                relation(column.parent.relation),
                sql.Identifier(column.parent.key),
                TOLD_MAX,
                name=name,
            )
        ).fetchall()
        if missing:
            raise SeedParentsMissing(
                table=mapped.table,
                parents=(column.parent.table,),
                keys=tuple(value for (value,) in missing),
            )


def is_kept(session: Session, mapped: Mapped, *, overwrite: bool) -> bool:
    """Whether each row that was due is now there as the data have it."""
    from psycopg import sql

    row = session.execute(
        sql.SQL(
            "SELECT count(*) = 0 FROM {} AS s JOIN {} AS c USING (number)"
            " LEFT JOIN (SELECT true AS is_there, {} FROM {}) AS t ON {}"
            " WHERE c.state = ANY({}) AND (t.is_there IS NULL OR NOT ({}))"
        ).format(
            staged(mapped),
            compared(mapped),
            there(mapped),
            joined(mapped),
            _same_key(mapped),
            list(states.written(overwrite=overwrite)),
            _is_same(mapped),
        )
    ).fetchone()
    return row == (True,)


def values_of(mapped: Mapped) -> sql.Composed:
    """What the data have in a row, as it is remembered."""
    return _object(mapped, _value)


def compared(mapped: Mapped) -> sql.Identifier:
    """The temporary table that says which row is in which state."""
    from psycopg import sql

    return sql.Identifier("pg_temp", f"hrmsops_compared_{mapped.table}")


def _comparison(session: Session, mapped: Mapped, *, is_recorded: bool) -> sql.Composed:
    from psycopg import sql

    types: dict[str, str] = dict(
        session.execute(_TYPES, [staged(mapped).as_string(session)]).fetchall()
    )
    known = sql.SQL(_KNOWN).format(mapped.relation) if is_recorded else sql.SQL(_NOTHING_KNOWN)
    return sql.SQL(_COMPARED).format(
        compared=compared(mapped),
        staged=staged(mapped),
        joined=joined(mapped),
        there=there(mapped),
        known=known,
        is_dated=mapped.is_dated,
        key=_key(mapped),
        values=values_of(mapped),
        is_same=_is_same(mapped),
        fields=sql.SQL("jsonb_strip_nulls({})").format(_object(mapped, _pair)),
        by_hand=sql.SQL(" OR ").join(_by_hand(each, types[alias(each)]) for each in mapped.columns),
        same_key=_same_key(mapped),
    )


def _same_key(mapped: Mapped) -> sql.Composed:
    from psycopg import sql

    return sql.SQL(" AND ").join(
        sql.SQL("s.{0} = t.{0}").format(sql.Identifier(alias(each))) for each in mapped.keys
    )


def _is_same(mapped: Mapped) -> sql.Composed:
    from psycopg import sql

    return sql.SQL(" AND ").join(
        sql.SQL("s.{0} IS NOT DISTINCT FROM t.{0}").format(sql.Identifier(alias(each)))
        for each in mapped.columns
    )


def _key(mapped: Mapped) -> sql.Composed:
    """The key as one text."""
    from psycopg import sql

    texts = sql.SQL(", ").join(_value(each) for each in mapped.keys)
    return sql.SQL("jsonb_build_array({})::text").format(texts)


def _object(mapped: Mapped, value: Any) -> sql.Composed:
    """A JSON object of all columns; in parts, as a function takes a hundred arguments."""
    from psycopg import sql

    parts = (
        sql.SQL("jsonb_build_object({}, {})").format(each.column, value(each))
        for each in mapped.columns
    )
    return sql.SQL(" || ").join(parts)


def _value(column: Column) -> sql.Composed:
    from psycopg import sql

    return sql.SQL("s.{}::text").format(sql.Identifier(alias(column)))


def _pair(column: Column) -> sql.Composed:
    """What is there and what the data have, NULL where that is the same."""
    from psycopg import sql

    return sql.SQL(
        "CASE WHEN s.{0} IS DISTINCT FROM t.{0}"
        " THEN jsonb_build_array(t.{0}::text, s.{0}::text) END"
    ).format(sql.Identifier(alias(column)))


def _by_hand(column: Column, type_: str) -> sql.Composed:
    """Whether the value is not the one that the last seed left there."""
    from psycopg import sql

    return sql.SQL("(k.values ? {} AND t.{} IS DISTINCT FROM (k.values ->> {})::{})").format(
        column.column, sql.Identifier(alias(column)), column.column, sql.SQL(type_)
    )


def _twice(session: Session, mapped: Mapped, rows: Sequence[Texts]) -> SeedKeysTwice:
    """More rows than the data have: some of their keys name several."""
    from psycopg import sql

    twice = session.execute(
        sql.SQL("SELECT number FROM {} GROUP BY number HAVING count(*) > 1 LIMIT {}").format(
            compared(mapped), TOLD_MAX
        )
    ).fetchall()
    keys = tuple(_told(mapped, rows[number]) for (number,) in twice)
    return SeedKeysTwice(table=mapped.table, relation=mapped.relation, keys=keys)


def _only_there(session: Session, mapped: Mapped) -> int:
    from psycopg import sql

    row = session.execute(
        sql.SQL(
            "SELECT (SELECT count(*) FROM {}) -"
            " (SELECT count(*) FROM {} WHERE state NOT IN ('add', 'removed'))"
        ).format(relation(mapped.relation), compared(mapped))
    ).fetchone()
    return int(row[0]) if row else 0


def _told(mapped: Mapped, row: Texts) -> str:
    """A key as a person reads it."""
    fields = [each.field for each in mapped.columns]
    return ", ".join(str(row[fields.index(each)]) for each in mapped.key)


def _fields(mapped: Mapped, fields: Any) -> dict[str, tuple[str | None, str | None]]:
    """By field of the data instead of by column."""
    pairs = fields or {}
    return {
        each.field: (pairs[each.column][0], pairs[each.column][1])
        for each in mapped.columns
        if each.column in pairs
    }
