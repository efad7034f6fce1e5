"""Rows of the data `s` beside those that are there `t`, as SQL."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hrmsops.seed.mapped import Column, Mapped
from hrmsops.seed.staging import alias

if TYPE_CHECKING:
    from psycopg import sql


def same_key(mapped: Mapped) -> sql.Composed:
    """Whether the two are one row."""
    from psycopg import sql

    return sql.SQL(" AND ").join(
        sql.SQL("s.{0} = t.{0}").format(sql.Identifier(alias(each))) for each in mapped.keys
    )


def is_same(mapped: Mapped) -> sql.Composed:
    """Whether every field is the same, as the columns' own types have it."""
    from psycopg import sql

    return sql.SQL(" AND ").join(
        sql.SQL("s.{0} IS NOT DISTINCT FROM t.{0}").format(sql.Identifier(alias(each)))
        for each in mapped.columns
    )


def key(mapped: Mapped) -> sql.Composed:
    """The key as one text; json writes it as jsonb does, in half the time."""
    from psycopg import sql

    texts = (sql.SQL("s.{}::text").format(sql.Identifier(alias(each))) for each in mapped.keys)
    return sql.SQL("json_build_array({})::text").format(sql.SQL(", ").join(texts))


def differing(mapped: Mapped) -> sql.Composed:
    """By column, what is there and what the data have, where that is not the same.

    A JSON object in parts, as a function takes a hundred arguments.
    """
    from psycopg import sql

    parts = (
        sql.SQL("jsonb_build_object({}, {})").format(each.column, _pair(each))
        for each in mapped.columns
    )
    return sql.SQL("jsonb_strip_nulls({})").format(sql.SQL(" || ").join(parts))


def _pair(column: Column) -> sql.Composed:
    from psycopg import sql

    return sql.SQL(
        "CASE WHEN s.{0} IS DISTINCT FROM t.{0}"
        " THEN jsonb_build_array(t.{0}::text, s.{0}::text) END"
    ).format(sql.Identifier(alias(column)))
