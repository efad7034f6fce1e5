"""An old and a new field side by side, and what of them matters to the database."""

from __future__ import annotations

from typing import Any

from hrmsops.safety import columns
from hrmsops.safety.operations import Field
from hrmsops.safety.reader.values import Call, Class, Function
from hrmsops.safety.state import ModelState, State

NOT_OF_THE_DATABASE = frozenset(
    [
        "blank",
        "choices",
        "db_column",
        "editable",
        "error_messages",
        "help_text",
        "limit_choices_to",
        "on_delete",
        "related_name",
        "related_query_name",
        "validators",
        "verbose_name",
    ]
)
"""Django's `Field.non_db_attrs`."""


class Change:
    """An old and a new field, with what of them matters to the database."""

    def __init__(
        self,
        name: str,
        old: Field,
        new: Field,
        before: ModelState,
        after: ModelState,
        state: State,
        later: State,
    ) -> None:
        self.name, self.old, self.new = name, old, new
        self.table, self.state, self.later = after.table, state, later
        self.before, self.after = before, after
        self.old_column = columns.column_name(name, old)
        self.column = columns.column_name(name, new)
        self.old_type = state.type_of(before, old)
        self.new_type = later.type_of(after, new)

    @property
    def differs(self) -> list[str]:
        """The arguments that differ and that Django takes for the database's business."""
        names = {*self.old.arguments, *self.new.arguments} - NOT_OF_THE_DATABASE
        found = [each for each in sorted(names) if not self._is_same(each)]
        return [*found, *(["the class"] if self.old.kind != self.new.kind else [])]

    def _is_same(self, name: str) -> bool:
        """Whether an argument means the same before and after, said or left out."""
        if name == "to":
            old, new = self.before, self.after
            return columns.target(self.old, old.app, old.name) == columns.target(
                self.new, new.app, new.name
            )
        return same(_said(self.old, name), _said(self.new, name))

    @property
    def argument_names(self) -> list[str]:
        """Every argument that differs, for the proof that nothing is sent."""
        names = {*self.old.arguments, *self.new.arguments}
        return [
            each
            for each in sorted(names)
            if not same(self.old.get(each, MISSING), self.new.get(each, MISSING))
        ]


MISSING = object()


LEFT_OUT = {"null": False, "unique": False, "primary_key": False, "db_constraint": True}
"""What a field has where nothing is said."""


def _said(field: Field, name: str) -> Any:
    if name == "db_index":
        return columns.is_indexed(field)
    if name == "max_length" and name not in field.arguments:
        return columns.LENGTHS.get(field.kind, MISSING)
    return field.get(name, LEFT_OUT.get(name, MISSING))


def same(left: Any, right: Any) -> bool:
    """Whether two values are written alike, wherever they stand."""
    if isinstance(left, Call) and isinstance(right, Call):
        return (
            left.function == right.function
            and same(left.args, right.args)
            and same(dict(left.kwargs), dict(right.kwargs))
        )
    if isinstance(left, Field) and isinstance(right, Field):
        return left.kind == right.kind and same(dict(left.arguments), dict(right.arguments))
    if isinstance(left, Function | Class) and isinstance(right, Function | Class):
        return left.name == right.name
    if isinstance(left, dict) and isinstance(right, dict):
        return left.keys() == right.keys() and all(same(left[k], right[k]) for k in left)
    if isinstance(left, list | tuple) and isinstance(right, list | tuple):
        return len(left) == len(right) and all(map(same, left, right))
    if isinstance(left, str) and isinstance(right, str):
        return left == right
    return type(left) is type(right) and bool(left == right)


def proof(change: Change) -> str:
    """Why nothing is sent."""
    names = change.argument_names
    what = ", ".join(names) if names else "nothing"
    return f"against the field as it was, {what} differs, and of that no SQL is made"
