"""The project's models as its own interpreter describes them."""

from __future__ import annotations

from functools import cached_property

import msgspec


class Field(msgspec.Struct, frozen=True, kw_only=True):
    """One column of a model's own table.

    `default` is how Django fills it: "" not at all, "value" with `value`, "now", or "each" by
    calling something for each row. `moment` is "once" or "always" where it keeps when a row was
    made or changed. `is_made`: the database makes the value. `to` and `to_column` are what a
    foreign key refers to, "" for other fields.
    """

    name: str
    column: str
    type: str
    is_null: bool
    is_key: bool
    is_made: bool
    default: str
    value: str | None
    moment: str
    max_length: int | None
    decimal_places: int | None
    choices: tuple[str, ...]
    to: str
    to_column: str

    @property
    def is_filled(self) -> bool:
        """Whether it has a value without being given one."""
        return self.is_null or self.is_made or bool(self.default or self.moment)


class Model(msgspec.Struct, frozen=True, kw_only=True, dict=True):
    """One model with a table of its own; `is_inherited`: a part of it is another model's table."""

    label: str
    table: str
    is_auto_created: bool
    is_inherited: bool
    has_natural_key: bool
    fields: tuple[Field, ...]

    @cached_property
    def by_name(self) -> dict[str, Field]:
        return {each.name: each for each in self.fields}

    @property
    def name(self) -> str:
        return self.label.rpartition(".")[2]


class User(msgspec.Struct, frozen=True, kw_only=True):
    """The model of who logs in, and its fields for the name and the address ("": none)."""

    label: str
    username: str
    email: str


class Models(msgspec.Struct, frozen=True, kw_only=True):
    """All models of a project; `user` None where nobody can log in."""

    models: tuple[Model, ...]
    user: User | None

    def labelled(self, label: str) -> Model | None:
        """The model `app.Model`, in whatever letters it was typed."""
        wanted = label.casefold()
        return next((each for each in self.models if each.label.casefold() == wanted), None)
