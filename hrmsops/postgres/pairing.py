"""Two tables as one: the columns that both have, and the key by which their rows meet."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from hrmsops.postgres.catalog import Catalog, Column, Table, TableName

if TYPE_CHECKING:
    from psycopg import sql

Renamed = Mapping[str, Mapping[str, str]]
"""By table: a column's name here, and what the same column is called there."""

INTEGERS = ("smallint", "integer", "bigint")


@dataclass(frozen=True, kw_only=True)
class Meeting:
    """One column on both sides."""

    here: Column
    there: Column

    @property
    def is_retyped(self) -> bool:
        """Its type differs, so that equal values can be written differently."""
        return self.here.type != self.there.type


@dataclass(frozen=True, kw_only=True)
class Side:
    """A table and some of its columns, in the order in which the other side has them."""

    table: TableName
    key: tuple[Column, ...]
    columns: tuple[Column, ...]

    @property
    def key_is_integer(self) -> bool:
        """One whole number: ranges of it can be read by its index."""
        return len(self.key) == 1 and self.key[0].base_type in INTEGERS

    def identifier(self) -> sql.Identifier:
        """The table's name for a statement."""
        from psycopg import sql

        return sql.Identifier(*self.table)


@dataclass(frozen=True, kw_only=True)
class Pair:
    """A table of one database and its counterpart of another."""

    here: Table
    there: Table
    columns: tuple[Meeting, ...]
    key: tuple[Meeting, ...]
    """Empty where the two have no key in common."""
    only_here: tuple[str, ...]
    only_there: tuple[str, ...]

    def sides(self) -> tuple[Side, Side]:
        """Here and there, with all the columns that meet."""
        return (
            Side(
                table=self.here.name,
                key=tuple(each.here for each in self.key),
                columns=tuple(each.here for each in self.columns),
            ),
            Side(
                table=self.there.name,
                key=tuple(each.there for each in self.key),
                columns=tuple(each.there for each in self.columns),
            ),
        )


def pair(here: Table, there: Table, *, renamed: Mapping[str, str] | None = None) -> Pair:
    """Bring two tables together by the names of their columns."""
    called = dict(renamed or {})
    meetings = {
        name: Meeting(here=column, there=there.columns[called.get(name, name)])
        for name, column in here.columns.items()
        if called.get(name, name) in there.columns
    }
    met_there = {each.there.name for each in meetings.values()}
    return Pair(
        here=here,
        there=there,
        columns=tuple(meetings.values()),
        key=_common_key(here, there, meetings),
        only_here=tuple(name for name in here.columns if name not in meetings),
        only_there=tuple(name for name in there.columns if name not in met_there),
    )


def pairs(
    here: Catalog, there: Catalog, *, renamed: Renamed | None = None
) -> dict[TableName, Pair]:
    """Every table that both databases have."""
    called = {TableName.parse(name): columns for name, columns in (renamed or {}).items()}
    return {
        name: pair(table, there.tables[name], renamed=called.get(name))
        for name, table in here.tables.items()
        if name in there.tables
    }


def _common_key(here: Table, there: Table, meetings: Mapping[str, Meeting]) -> tuple[Meeting, ...]:
    keys_there = [set(key) for key in there.keys]
    for key in here.keys:
        if all(name in meetings for name in key):
            met = tuple(meetings[name] for name in key)
            if {each.there.name for each in met} in keys_there:
                return met
    return ()
