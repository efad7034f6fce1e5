"""The rows that are due, written in one statement a table."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from hrmsops.errors.seed_writing import SeedNotKept
from hrmsops.seed import difference as states
from hrmsops.seed.difference import Difference
from hrmsops.seed.mapped import Column, Mapped
from hrmsops.seed.staging import alias, beside, compared, parent_alias, relation

if TYPE_CHECKING:
    from psycopg import sql

    from hrmsops.postgres.session import Session

MERGE_SINCE = 150000
"""PostgreSQL 15 has MERGE."""
_MERGE = """
MERGE INTO {relation} AS t USING {due} AS s ON {same_key}
WHEN MATCHED THEN UPDATE SET {changes}
WHEN NOT MATCHED THEN INSERT ({columns}) VALUES ({values})
"""
# Nobody else writes the table meanwhile, so that no unique index has to watch over it.
_UPDATE = "UPDATE {relation} AS t SET {changes} FROM {due} AS s WHERE {same_key}"
_INSERT = """
INSERT INTO {relation} ({columns}) SELECT {values} FROM {due} AS s
WHERE NOT EXISTS (SELECT FROM {relation} AS t WHERE {same_key})
"""
# Where none of them is there, none has to be looked for.
_ADD = "INSERT INTO {relation} ({columns}) SELECT {values} FROM {due} AS s"
_DUE = """(
    SELECT s.*{parents} FROM {compared} AS s{joins} WHERE {is_due})"""


def write(
    session: Session, mapped: Mapped, difference: Difference, *, overwrite: bool, server: int
) -> None:
    """Add and change the rows that are due, no other; `server` is PostgreSQL's version number.

    Deletes nothing. The table is locked against other writers by the caller.
    """
    from psycopg import sql

    writes = states.written(overwrite=overwrite)
    parts = _parts(mapped, writes)
    if not difference.count(*(each for each in writes if each not in states.NOT_THERE)):
        statements: tuple[str, ...] = (_ADD,)
    else:
        statements = (_MERGE,) if server >= MERGE_SINCE else (_UPDATE, _INSERT)
    for statement in statements:
        session.execute(sql.SQL(statement).format(**parts))


def require_kept(mapped: Mapped, due: Difference, after: Difference, *, overwrite: bool) -> None:
    """Raise SeedNotKept where a row that was written differs from the data again."""
    writes = states.written(overwrite=overwrite)
    numbers = {each.number for each in due.changes if each.state in writes}
    if left := [each for each in after.changes if each.number in numbers]:
        fields = tuple(dict.fromkeys(name for each in left for name in each.fields))
        raise SeedNotKept(table=mapped.table, relation=mapped.relation_told, fields=fields)


def _parts(mapped: Mapped, writes: Sequence[str]) -> dict[str, sql.Composable]:
    from psycopg import sql

    comma = sql.SQL(", ")
    data = [(each.column, _value(each)) for each in mapped.columns]
    others = [
        (each.column, sql.SQL("now()") if each.how == "now" else _beside(each.column))
        for each in mapped.fills
    ]
    changes = [*data, *((each, sql.SQL("now()")) for each in mapped.touched)]
    return {
        "relation": relation(mapped.relation),
        "due": _due(mapped, writes),
        "same_key": sql.SQL(" AND ").join(
            sql.SQL("t.{} = {}").format(sql.Identifier(each.column), _value(each))
            for each in mapped.keys
        ),
        "changes": comma.join(
            sql.SQL("{} = {}").format(sql.Identifier(name), value) for name, value in changes
        ),
        "columns": comma.join(sql.Identifier(name) for name, _ in (*data, *others)),
        "values": comma.join(value for _, value in (*data, *others)),
    }


def _due(mapped: Mapped, writes: Sequence[str]) -> sql.Composed:
    """The staged rows that are written, with the rows that they refer to."""
    from psycopg import sql

    parents = [(n, each, each.parent) for n, each in enumerate(mapped.columns) if each.parent]
    return sql.SQL(_DUE).format(
        compared=compared(mapped),
        is_due=sql.SQL("s.state = ANY({})").format(list(writes)),
        parents=sql.SQL("").join(
            sql.SQL(", {}.{} AS {}").format(
                sql.Identifier(parent_alias(n)),
                sql.Identifier(parent.column),
                sql.Identifier(_reference(column)),
            )
            for n, column, parent in parents
        ),
        joins=sql.SQL("").join(
            sql.SQL(" LEFT JOIN {} AS {p} ON {p}.{} = s.{}").format(
                relation(parent.relation),
                sql.Identifier(parent.key),
                sql.Identifier(alias(column)),
                p=sql.Identifier(parent_alias(n)),
            )
            for n, column, parent in parents
        ),
    )


def _value(column: Column) -> sql.Composable:
    from psycopg import sql

    return sql.Identifier("s", _reference(column) if column.parent else alias(column))


def _beside(column: str) -> sql.Composable:
    from psycopg import sql

    return sql.Identifier("s", beside(column))


def _reference(column: Column) -> str:
    return f"reference.{column.field}"
