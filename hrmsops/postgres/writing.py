"""Rows inserted, updated and deleted many at a time, from values as text."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from hrmsops.postgres.catalog import Table
from hrmsops.postgres.changes import Change
from hrmsops.postgres.pairing import Side
from hrmsops.postgres.row_sql import key_join, type_of, wanted_keys
from hrmsops.postgres.rows import by_column

if TYPE_CHECKING:
    from psycopg import sql

    from hrmsops.postgres.session import Session


def write(session: Session, side: Side, table: Table, changes: Sequence[Change]) -> None:
    """Make changes that have the same op and the same columns, in one statement."""
    op = changes[0].op
    if op == "insert":
        _insert(session, side, table, changes)
    elif op == "update":
        _update(session, side, table, changes)
    else:
        _delete(session, side, changes)


def _insert(session: Session, side: Side, table: Table, changes: Sequence[Change]) -> None:
    from psycopg import sql

    names = sorted(changes[0].after)
    query = sql.SQL(
        "INSERT INTO {table} ({columns}) OVERRIDING SYSTEM VALUE SELECT {values} FROM {given}"
    ).format(
        table=side.identifier(),
        columns=sql.SQL(", ").join(map(sql.Identifier, names)),
        values=sql.SQL(", ").join(_value(table, name, number) for number, name in enumerate(names)),
        given=_given(len(names)),
    )
    session.execute(query, _by_name(changes, names))


def _update(session: Session, side: Side, table: Table, changes: Sequence[Change]) -> None:
    from psycopg import sql

    names = sorted(changes[0].after)
    places = [sql.SQL("%s::text[]")] * (len(side.key) + len(names))
    called = [sql.Identifier(f"k{n}") for n in range(len(side.key))]
    called += [sql.Identifier(f"v{n}") for n in range(len(names))]
    query = sql.SQL(
        "UPDATE {table} AS t SET {sets} FROM unnest({places}) AS w({called}) WHERE {join}"
    )
    session.execute(
        query.format(
            table=side.identifier(),
            sets=sql.SQL(", ").join(
                sql.SQL("{} = {}").format(sql.Identifier(name), _value(table, name, number))
                for number, name in enumerate(names)
            ),
            places=sql.SQL(", ").join(places),
            called=sql.SQL(", ").join(called),
            join=key_join(side),
        ),
        [*by_column([each.key for each in changes]), *_by_name(changes, names)],
    )


def _delete(session: Session, side: Side, changes: Sequence[Change]) -> None:
    from psycopg import sql

    query = sql.SQL("DELETE FROM {} AS t USING {} WHERE {}").format(
        side.identifier(), wanted_keys(side), key_join(side)
    )
    session.execute(query, by_column([each.key for each in changes]))


def _value(table: Table, name: str, number: int) -> sql.Composed:
    from psycopg import sql

    return sql.SQL("w.{}::{}").format(sql.Identifier(f"v{number}"), type_of(table.columns[name]))


def _given(count: int) -> sql.Composed:
    from psycopg import sql

    return sql.SQL("unnest({}) AS w({})").format(
        sql.SQL(", ").join([sql.SQL("%s::text[]")] * count),
        sql.SQL(", ").join(sql.Identifier(f"v{number}") for number in range(count)),
    )


def _by_name(changes: Sequence[Change], names: Sequence[str]) -> list[list[str | None]]:
    return [[each.after[name] for each in changes] for name in names]
