"""A table of reference data together with the project's model for it."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec


class Parent(msgspec.Struct, frozen=True, kw_only=True):
    """Where a column's values lead: the row of `relation` whose `key` is the value of the data.

    `column` is what the foreign key keeps of that row.
    """

    table: str
    relation: str
    key: str
    column: str


class Column(msgspec.Struct, frozen=True, kw_only=True):
    """One field of the data, and the model's column for it.

    `empty` is what stands for no value where the column takes no NULL. `words` are the model's own
    for values of the data.
    """

    field: str
    column: str
    parent: Parent | None = None
    empty: str | None = None
    words: dict[str, str] = {}


class Fill(msgspec.Struct, frozen=True, kw_only=True):
    """What a new row gets in a column that the data do not know.

    `how` is "value" with `value`, "now", "each" by the model's own `field`, or "password".
    """

    column: str
    field: str
    how: str
    value: str | None = None


class Mapped(msgspec.Struct, frozen=True, kw_only=True):
    """Where the rows of a table go. `touched` are columns that keep when a row was changed.

    `relation` is the model's `db_table`, see `parts_of`. `left_out` are fields of the data that the
    model has no place for.
    """

    table: str
    model: str
    relation: str
    key: tuple[str, ...]
    columns: tuple[Column, ...]
    fills: tuple[Fill, ...]
    touched: tuple[str, ...]
    left_out: tuple[str, ...]
    is_dated: bool

    @property
    def relation_told(self) -> str:
        """The database's table, for people."""
        return ".".join(parts_of(self.relation))

    def named(self, field: str) -> Column:
        return next(each for each in self.columns if each.field == field)

    @property
    def keys(self) -> tuple[Column, ...]:
        return tuple(self.named(each) for each in self.key)

    @property
    def called(self) -> tuple[str, ...]:
        """The model's fields whose default has to be called for each row."""
        return tuple(each.field for each in self.fills if each.how == "each")

    @property
    def needs_password(self) -> bool:
        return any(each.how == "password" for each in self.fills)


def parts_of(relation: str) -> tuple[str, ...]:
    """A `db_table` as Django quotes it: `hr"."role` is how a model gets into another schema."""
    is_quoted = relation.startswith('"') and relation.endswith('"')
    return tuple((relation[1:-1] if is_quoted else relation).split('"."'))


def in_order(found: Iterable[Mapped]) -> tuple[str, ...]:
    """The relations of these tables, each once, as they are locked by everyone: by name."""
    return tuple(sorted({each.relation for each in found}))
