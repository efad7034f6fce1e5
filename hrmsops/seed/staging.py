"""The data in temporary tables, of the very types of the columns that they are for."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

from hrmsops.seed.fitting import Texts
from hrmsops.seed.mapped import Column, Mapped, parts_of

if TYPE_CHECKING:
    from psycopg import sql

    from hrmsops.postgres.session import Session

Extra = Mapping[str, Sequence[str | None]]
"""By column of the model: what each row gets in it beside the data."""


def stage(session: Session, mapped: Mapped, rows: Sequence[Texts], extra: Extra) -> None:
    """Fill the temporary table of `mapped`; it goes with the transaction.

    Columns that `extra` does not name stay NULL there: nothing is written while one only looks.
    """
    from psycopg import sql

    session.execute(
        sql.SQL(
            "CREATE TEMPORARY TABLE {} ON COMMIT DROP AS"
            " SELECT 0 AS number, {} FROM {} WITH NO DATA"
        ).format(staged(mapped), _columns(mapped), joined(mapped))
    )
    names = [each for each in _extra(mapped) if each in extra]
    filled = ["number", *(alias(each) for each in mapped.columns), *map(beside, names)]
    copied = sql.SQL("COPY {} ({}) FROM STDIN").format(
        staged(mapped), sql.SQL(", ").join(map(sql.Identifier, filled))
    )
    with session.cursor() as cursor, cursor.copy(copied) as copy:
        for number, row in enumerate(rows):
            copy.write_row((number, *row, *(extra[name][number] for name in names)))


def columns(mapped: Mapped) -> sql.Composed:
    """What the temporary table has, by name."""
    from psycopg import sql

    names = (*(alias(each) for each in mapped.columns), *map(beside, _extra(mapped)))
    return sql.SQL(", ").join(map(sql.Identifier, ("number", *names)))


def staged(mapped: Mapped) -> sql.Identifier:
    """The temporary table with the data."""
    from psycopg import sql

    return sql.Identifier("pg_temp", f"hrmsops_seed_{mapped.table}")


def compared(mapped: Mapped) -> sql.Identifier:
    """The temporary table that says which of its rows is in which state."""
    from psycopg import sql

    return sql.Identifier("pg_temp", f"hrmsops_compared_{mapped.table}")


def alias(column: Column) -> str:
    """A column of the data there, as no column of the model can be called."""
    return f"seed.{column.field}"


def beside(column: str) -> str:
    """A column of the model that the data do not know."""
    return f"fill.{column}"


def parent_alias(number: int) -> str:
    return f"parent{number}"


def joined(mapped: Mapped) -> sql.Composed:
    """The model's table `t` beside the rows that its foreign keys lead to."""
    from psycopg import sql

    parts = [sql.SQL("{} AS t").format(relation(mapped.relation))]
    for number, column in enumerate(mapped.columns):
        if column.parent:
            parts.append(
                sql.SQL("LEFT JOIN {} AS {p} ON {p}.{} = t.{}").format(
                    relation(column.parent.relation),
                    sql.Identifier(column.parent.column),
                    sql.Identifier(column.column),
                    p=sql.Identifier(parent_alias(number)),
                )
            )
    return sql.SQL(" ").join(parts)


def there(mapped: Mapped) -> sql.Composed:
    """Every column of the data as the model's table has it, by its name in the staged table."""
    from psycopg import sql

    return sql.SQL(", ").join(
        sql.SQL("{} AS {}").format(_source(column, number), sql.Identifier(alias(column)))
        for number, column in enumerate(mapped.columns)
    )


def relation(name: str) -> sql.Identifier:
    """A model's table, on the search path as Django finds it."""
    from psycopg import sql

    return sql.Identifier(*parts_of(name))


def _source(column: Column, number: int) -> sql.Composable:
    from psycopg import sql

    if column.parent:
        return sql.Identifier(parent_alias(number), column.parent.key)
    return sql.Identifier("t", column.column)


def _columns(mapped: Mapped) -> sql.Composed:
    from psycopg import sql

    fills = (
        sql.SQL("{} AS {}").format(sql.Identifier("t", each), sql.Identifier(beside(each)))
        for each in _extra(mapped)
    )
    return sql.SQL(", ").join([there(mapped), *fills])


def _extra(mapped: Mapped) -> Iterable[str]:
    return [each.column for each in mapped.fills if each.how != "now"]
