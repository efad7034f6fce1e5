"""The data held against the rows that are there: in the database, without a write to any table."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from operator import attrgetter
from typing import TYPE_CHECKING, Any

from hrmsops.errors.seed_writing import SeedKeysTwice
from hrmsops.seed import difference as states
from hrmsops.seed.difference import Change, Difference, digest_of
from hrmsops.seed.expressions import differing, is_same, key, same_key
from hrmsops.seed.fitting import Texts
from hrmsops.seed.mapped import Mapped
from hrmsops.seed.remembering import is_by_hand, is_remembered, known
from hrmsops.seed.staging import alias, columns, compared, joined, relation, staged, there

if TYPE_CHECKING:
    from psycopg import sql

    from hrmsops.postgres.session import Session

TOLD_MAX = 10
_COMPARED = """
CREATE TEMPORARY TABLE {compared} ON COMMIT DROP AS
SELECT {columns}, key, fields, CASE
    WHEN NOT is_there AND NOT is_known THEN 'add'
    WHEN NOT is_there THEN 'removed'
    WHEN fields = '{{}}' AND is_remembered THEN 'same'
    WHEN fields = '{{}}' THEN 'adopt'
    WHEN NOT is_known THEN 'foreign'
    WHEN by_hand THEN 'hand'
    WHEN {is_dated} THEN 'dated'
    ELSE 'change' END AS state
FROM (
    SELECT s.*, {key} AS key,
        k.key IS NOT NULL AS is_known, t.is_there IS NOT NULL AS is_there,
        k.key IS NOT NULL AND {is_remembered} AS is_remembered,
        CASE WHEN t.is_there IS NULL THEN NULL WHEN {is_same} THEN '{{}}' ELSE {fields} END
            AS fields,
        {by_hand} AS by_hand
    FROM {staged} AS s
    LEFT JOIN (SELECT true AS is_there, {there} FROM {joined}) AS t ON {same_key}
    LEFT JOIN ({known}) AS k ON k.key = {key}
) AS held
"""
# How many, which are new, and how many rows the table has.
_COUNTED = """
SELECT state, count(*), array_agg(number) FILTER (WHERE state = 'add'), (SELECT count(*) FROM {1})
FROM {0} GROUP BY state ORDER BY state
"""
_CHANGED = """
SELECT number, state, fields FROM {} WHERE state NOT IN ('same', 'adopt', 'add')
"""
_TYPES = """
SELECT attname, format_type(atttypid, atttypmod) FROM pg_attribute
WHERE attrelid = %s::regclass AND attnum > 0
"""


def compare(
    session: Session, mapped: Mapped, rows: Sequence[Texts], *, is_recorded: bool, overwrite: bool
) -> Difference:
    """Compare what is staged of `mapped`, and keep it in a temporary table for `write`.

    Raises SeedKeysTwice.
    """
    from psycopg import sql

    session.execute(_comparison(session, mapped, is_recorded=is_recorded))
    counted = session.execute(
        sql.SQL(_COUNTED).format(compared(mapped), relation(mapped.relation))
    ).fetchall()
    counts = {state: int(count) for state, count, *_ in counted}
    if sum(counts.values()) > len(rows):
        raise _twice(session, mapped, rows)
    changes = _changes(session, mapped, rows, added=counted)
    there = sum(counts.values()) - counts.get(states.ADD, 0) - counts.get(states.REMOVED, 0)
    return Difference(
        table=mapped.table,
        relation=mapped.relation_told,
        counts=counts,
        changes=changes,
        only_there=counted[0][3] - there,
        digest=digest_of(mapped, rows, changes, overwrite=overwrite),
    )


def forget_comparison(session: Session, mapped: Mapped) -> None:
    """For another one of the same table in the same transaction."""
    from psycopg import sql

    session.execute(sql.SQL("DROP TABLE {}").format(compared(mapped)))


def is_kept(session: Session, mapped: Mapped, *, overwrite: bool) -> bool:
    """Whether each row that was due is now there as the data have it."""
    from psycopg import sql

    row = session.execute(
        sql.SQL(
            "SELECT count(*) = 0 FROM {} AS s"
            " LEFT JOIN (SELECT true AS is_there, {} FROM {}) AS t ON {}"
            " WHERE s.state = ANY({}) AND (t.is_there IS NULL OR NOT ({}))"
        ).format(
            compared(mapped),
            there(mapped),
            joined(mapped),
            same_key(mapped),
            list(states.written(overwrite=overwrite)),
            is_same(mapped),
        )
    ).fetchone()
    return row == (True,)


def _comparison(session: Session, mapped: Mapped, *, is_recorded: bool) -> sql.Composed:
    from psycopg import sql

    types: dict[str, str] = dict(
        session.execute(_TYPES, [staged(mapped).as_string(session)]).fetchall()
    )
    return sql.SQL(_COMPARED).format(
        compared=compared(mapped),
        columns=columns(mapped),
        staged=staged(mapped),
        joined=joined(mapped),
        there=there(mapped),
        known=known(session, mapped, is_recorded=is_recorded),
        is_dated=mapped.is_dated,
        key=key(mapped),
        is_remembered=is_remembered(mapped),
        is_same=is_same(mapped),
        fields=differing(mapped),
        by_hand=sql.SQL(" OR ").join(
            is_by_hand(each, types[alias(each)]) for each in mapped.columns
        ),
        same_key=same_key(mapped),
    )


def _twice(session: Session, mapped: Mapped, rows: Sequence[Texts]) -> SeedKeysTwice:
    """More rows than the data have: some of their keys name several."""
    from psycopg import sql

    twice = session.execute(
        sql.SQL("SELECT number FROM {} GROUP BY number HAVING count(*) > 1 LIMIT {}").format(
            compared(mapped), TOLD_MAX
        )
    ).fetchall()
    tell = _telling(mapped)
    keys = tuple(tell(rows[number]) for (number,) in twice)
    return SeedKeysTwice(table=mapped.table, relation=mapped.relation_told, keys=keys)


def _changes(
    session: Session, mapped: Mapped, rows: Sequence[Texts], *, added: Sequence[tuple[Any, ...]]
) -> tuple[Change, ...]:
    """Each row that is not the same, in the order of the data; of a new one its number says all."""
    from psycopg import sql

    query = sql.SQL(_CHANGED).format(compared(mapped))
    tell, nothing = _telling(mapped), _fields(mapped, None)
    found = [
        Change(number=number, key=tell(rows[number]), state=state, fields=_fields(mapped, fields))
        for number, state, fields in session.execute(query).fetchall()
    ]
    found += [
        Change(number=number, key=tell(rows[number]), state=states.ADD, fields=nothing)
        for _, _, new, _ in added
        for number in new or ()
    ]
    return tuple(sorted(found, key=attrgetter("number")))


def _telling(mapped: Mapped) -> Callable[[Texts], str]:
    """How a row's key is told to a person."""
    fields = [each.field for each in mapped.columns]
    places = [fields.index(each) for each in mapped.key]
    return lambda row: ", ".join([str(row[place]) for place in places])


def _fields(mapped: Mapped, pairs: Any) -> dict[str, tuple[str | None, str | None]]:
    """By field of the data instead of by column."""
    if not pairs:
        return {}
    return {
        each.field: (pairs[each.column][0], pairs[each.column][1])
        for each in mapped.columns
        if each.column in pairs
    }
