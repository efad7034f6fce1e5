"""What a database consists of: tables with their keys, columns and ties, read in one look."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import NamedTuple

from hrmsops.errors.database import TableUnknown
from hrmsops.postgres.ordering import Order, ordered


class TableName(NamedTuple):
    """A table's full name; written without its schema where that is `public`."""

    schema: str
    name: str

    def __str__(self) -> str:
        return self.name if self.schema == "public" else f"{self.schema}.{self.name}"

    @classmethod
    def parse(cls, text: str) -> TableName:
        """`table` or `schema.table`."""
        schema, _, name = text.rpartition(".")
        return cls(schema or "public", name)


@dataclass(frozen=True, kw_only=True)
class Column:
    """One column. `type` has its limits (`numeric(12,2)`); `base_type` none, so no cast cuts."""

    name: str
    type: str
    base_type: str
    is_required: bool
    """NOT NULL."""
    has_default: bool
    is_generated: bool
    identity: str
    """`a` always, `d` by default, empty: none (pg_attribute.attidentity)."""


@dataclass(frozen=True, kw_only=True)
class ForeignKey:
    """Rows of `table` need a row of `references`."""

    name: str
    table: TableName
    columns: tuple[str, ...]
    references: TableName
    referenced: tuple[str, ...]
    is_deferrable: bool


@dataclass(frozen=True, kw_only=True)
class Sequence:
    """A sequence; `last_value` is None before its first number, or where it may not be read."""

    name: TableName
    table: TableName | None
    column: str | None
    last_value: int | None
    increment: int


@dataclass(frozen=True, kw_only=True)
class Trigger:
    """A trigger that a write of ours would fire; `events` of INSERT, UPDATE, DELETE."""

    name: str
    table: TableName
    events: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Table:
    """A table, or a partitioned table with its partitions as one."""

    name: TableName
    columns: Mapping[str, Column]
    keys: tuple[tuple[str, ...], ...]
    """Columns that name one row: primary key first, then unique indexes without NULLs."""
    rows_estimate: int | None
    """From statistics; None where the table was never analysed."""
    bytes: int
    """With indexes and toast."""
    partitions: tuple[TableName, ...]
    triggers: tuple[Trigger, ...]

    @property
    def key(self) -> tuple[str, ...]:
        """The columns that name one row; empty where nothing does."""
        return self.keys[0] if self.keys else ()

    @property
    def written(self) -> tuple[str, ...]:
        """The columns that can be written: all but the generated ones."""
        return tuple(name for name, column in self.columns.items() if not column.is_generated)


@dataclass(frozen=True, kw_only=True)
class Migration:
    """One row of django_migrations."""

    app: str
    name: str
    applied_at: datetime


@dataclass(frozen=True, kw_only=True)
class Catalog:
    """One database at one moment; not the system's own schemas nor that of hrmsops."""

    database: str
    tables: Mapping[TableName, Table]
    foreign_keys: tuple[ForeignKey, ...]
    sequences: tuple[Sequence, ...]
    migrations: tuple[Migration, ...]
    """In the order of their application; empty where Django has none here."""

    @cached_property
    def order(self) -> Order[TableName]:
        """Every table after those that it refers to; circles are named."""
        ties = ((each.table, each.references) for each in self.foreign_keys)
        return ordered(sorted(self.tables), ties)

    def table(self, name: TableName) -> Table:
        """The table of that name; raises TableUnknown."""
        return self.tables[self.named([str(name)])[0]]

    def named(self, names: Iterable[str]) -> tuple[TableName, ...]:
        """Names as they were typed, in this catalog's words; raises TableUnknown."""
        from difflib import get_close_matches

        found = [TableName.parse(each) for each in names]
        if missing := [str(each) for each in found if each not in self.tables]:
            known = [str(each) for each in self.tables]
            near = [name for each in missing for name in get_close_matches(each, known, n=3)]
            raise TableUnknown(names=tuple(missing), database=self.database, near=tuple(near))
        return tuple(found)
