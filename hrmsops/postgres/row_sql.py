"""How a row is hashed, and where it stands among all others, in the database itself."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from hrmsops.postgres.catalog import Column
from hrmsops.postgres.pairing import Side

if TYPE_CHECKING:
    from psycopg import sql

HASHES = 2**63


@dataclass(frozen=True, kw_only=True)
class Scale:
    """Where rows stand: by their key itself where that is a whole number, else by its hash.

    Both are whole numbers from `first` to `last`, the same on both sides, whatever their collation.
    """

    by_hash: bool
    by_uuid: bool = False
    """The key is one UUID on both sides, which PostgreSQL hashes as it is."""
    first: int
    last: int


def row_hash(side: Side, seed: int) -> sql.Composed:
    """64 bits of all columns as text; `seed` is made anew each time, so no row can be forged."""
    return _hash_of(side.columns, seed)


def position(side: Side, scale: Scale) -> sql.Composed:
    """The row's place on the scale, a bigint."""
    from psycopg import sql

    if scale.by_hash:
        return sql.SQL("({} & 9223372036854775807)").format(_key_hash(side.key, scale))
    return sql.SQL("t.{}::bigint").format(sql.Identifier(side.key[0].name))


def key_texts(side: Side) -> sql.Composed:
    """The key as an array of texts."""
    return texts(side.key)


def texts(columns: Sequence[Column], *, of: str = "t") -> sql.Composed:
    """Columns as one array of texts; NULL stays NULL."""
    from psycopg import sql

    words = (sql.SQL("{}::text").format(sql.Identifier(of, each.name)) for each in columns)
    return sql.SQL("ARRAY[{}]::text[]").format(sql.SQL(", ").join(words))


def key_join(side: Side, *, wanted: str = "w") -> sql.Composed:
    """The condition under which a row of `t` is the one that `wanted` names in k1, k2 …"""
    from psycopg import sql

    parts = (
        sql.SQL("t.{} = {}.{}::{}").format(
            sql.Identifier(column.name),
            sql.Identifier(wanted),
            sql.Identifier(f"k{number}"),
            type_of(column),
        )
        for number, column in enumerate(side.key)
    )
    return sql.SQL(" AND ").join(parts)


def wanted_keys(side: Side, *besides: str) -> sql.Composed:
    """`unnest(…) AS w(k0, k1 …)`, one placeholder for each column of the key, then `besides`."""
    from psycopg import sql

    names = [f"k{number}" for number in range(len(side.key))]
    places = [sql.SQL("%s::text[]") for _ in names]
    places += [sql.SQL("%s::bigint[]") for _ in besides]
    return sql.SQL("unnest({}) AS w({})").format(
        sql.SQL(", ").join(places),
        sql.SQL(", ").join(map(sql.Identifier, (*names, *besides))),
    )


def type_of(column: Column) -> sql.SQL:
    """A column's type for a cast, without limits: a cast to varchar(5) would cut silently."""
    from psycopg import sql

    return sql.SQL(column.base_type)  # format_type's own words.


def _key_hash(key: Sequence[Column], scale: Scale) -> sql.Composed:
    """The cheapest of three that say the same on both sides."""
    from psycopg import sql

    if len(key) > 1:
        return _hash_of(key, 0)
    one = sql.Identifier(key[0].name)
    if scale.by_uuid:
        return sql.SQL("uuid_hash_extended(t.{}, 0)").format(one)
    return sql.SQL('hashtextextended(t.{}::text COLLATE "C", 0)').format(one)


def _hash_of(columns: Sequence[Column], seed: int) -> sql.Composed:
    from psycopg import sql

    fields = sql.SQL(", ").join(
        sql.SQL("t.{}").format(sql.Identifier(each.name)) for each in columns
    )
    # The text of a record tells NULL from '' and one column from the next.
    return sql.SQL('hashtextextended(ROW({})::text COLLATE "C", {})').format(
        fields, sql.Literal(seed)
    )
