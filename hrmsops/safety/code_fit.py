"""Whether the models of the old and of the new code still fit the database."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from hrmsops.safety import columns
from hrmsops.safety import effects as e
from hrmsops.safety.schema import Schema, Table
from hrmsops.safety.state import ModelState, State

if TYPE_CHECKING:
    from hrmsops.safety.replaying import Deploy


@dataclass(frozen=True, slots=True)
class Breakage(e.Effect):
    """A statement of a revision's code that fails. `how`: `not-given`, `missing`."""

    column: str
    who: str
    """`old` or `new`."""
    how: str
    model: str


def breakages(deploy: Deploy, state: State, schema: Schema) -> Iterator[Breakage]:
    """What fails now and did not fail before the deploy."""
    old_models = _by_table(deploy.state)
    new_models = _by_table(state)
    for name, before in deploy.tables.items():
        after = schema.find(name)
        old, new = old_models.get(name), new_models.get(name)
        if after is not None and before is not None:
            yield from _not_given(name, before, after, old, new)
        if new is not None:
            yield from _missing(name, before, after, old, new, is_opaque=deploy.is_opaque)


def _by_table(state: State) -> dict[str, ModelState]:
    return {each.table: each for each in state.models.values() if not each.options.get("proxy")}


def _not_given(
    name: str, before: Table, after: Table, old: ModelState | None, new: ModelState | None
) -> Iterator[Breakage]:
    """Columns that must have a value, and that a revision's INSERT leaves out."""
    for column in after.columns.values():
        if not _must_be_given(column):
            continue
        was = before.columns.get(column.name)
        was_needed = was is not None and _must_be_given(was)
        old_gives, new_gives = _gives(old, column.name), _gives(new, column.name)
        if not old_gives and not was_needed and old is not None:
            yield Breakage(name, column.name, "old", "not-given", old.label)
        if not new_gives and new is not None and not (was_needed and not old_gives):
            yield Breakage(name, column.name, "new", "not-given", new.label)


def _must_be_given(column: e.Column) -> bool:
    return (
        column.not_null and not column.default and not column.generated and not column.is_identity
    )


def _gives(model: ModelState | None, column: str) -> bool:
    if model is None:
        return False
    if column == "_order" and model.options.get("order_with_respect_to"):
        return True
    return column in _columns(model)


def _columns(model: ModelState) -> set[str]:
    found = {
        columns.column_name(name, field)
        for name, field in model.fields.items()
        if columns.has_column(field)
    }
    return found if model.primary or not model.is_whole else found | {"id"}


def _missing(
    name: str,
    before: Table | None,
    after: Table | None,
    old: ModelState | None,
    new: ModelState,
    *,
    is_opaque: bool,
) -> Iterator[Breakage]:
    """Columns that the new code names and the database does not have."""
    if is_opaque or not new.has_table:
        return
    if after is None:
        if old is None and new.is_whole:
            yield Breakage(name, "", "new", "missing", new.label)
        return
    gone = set(before.columns) - set(after.columns) if before else set()
    for column in sorted(_columns(new) - set(after.columns)):
        is_known = after.is_whole or column in gone
        was_missing = old is not None and column in _columns(old) and column not in gone
        if is_known and not was_missing:
            yield Breakage(name, column, "new", "missing", new.label)
