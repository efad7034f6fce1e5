"""Whether the models of the old and of the new code still fit the database."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from hrmsops.safety import columns
from hrmsops.safety import effects as e
from hrmsops.safety.schema import Schema, Table
from hrmsops.safety.state import ModelState

if TYPE_CHECKING:
    from hrmsops.safety.replaying import Deploy


class Breakage(e.Effect, frozen=True):
    """A statement of a revision's code that fails. `how`: `not-given`, `missing`."""

    column: str
    who: str
    """`old` or `new`."""
    how: str
    model: str


def breakages(
    deploy: Deploy, models: Mapping[str, ModelState], schema: Schema
) -> Iterator[Breakage]:
    """What fails now and did not fail before the deploy. `models` are the new code's, by table."""
    for name, before in deploy.tables.items():
        after = schema.find(name)
        old, new = _known(deploy.models.get(name)), _known(models.get(name))
        if (after is not None and before is not None and after is not before) or (
            after is not None and before is not None and old and new and old.columns != new.columns
        ):
            yield from _not_given(name, before, after, old, new)
        if new is not None:
            yield from _missing(name, before, after, old, new, is_opaque=deploy.is_opaque)


@dataclass(frozen=True, slots=True)
class Known:
    """A model, and the columns that its code names."""

    label: str
    columns: frozenset[str]
    is_whole: bool
    has_table: bool


def _known(model: ModelState | None) -> Known | None:
    if model is None:
        return None
    return Known(model.label, frozenset(_columns(model)), model.is_whole, model.has_table)


def _not_given(
    name: str, before: Table, after: Table, old: Known | None, new: Known | None
) -> Iterator[Breakage]:
    """Columns that must have a value, and that a revision's INSERT leaves out."""
    for column in after.columns.values():
        if not _must_be_given(column):
            continue
        was = before.columns.get(column.name)
        was_needed = was is not None and _must_be_given(was)
        old_gives, new_gives = _gives(old, column.name), _gives(new, column.name)
        is_used = old is not None or not before.is_whole
        if not old_gives and not was_needed and is_used:
            yield Breakage(name, column.name, "old", "not-given", old.label if old else name)
        if not new_gives and new is not None and not (was_needed and not old_gives):
            yield Breakage(name, column.name, "new", "not-given", new.label)


def _must_be_given(column: e.Column) -> bool:
    return (
        column.not_null and not column.default and not column.generated and not column.is_identity
    )


def _gives(model: Known | None, column: str) -> bool:
    return model is not None and column in model.columns


def _columns(model: ModelState) -> set[str]:
    found = {
        columns.column_name(name, field)
        for name, field in model.fields.items()
        if columns.has_column(field)
    }
    if model.options.get("order_with_respect_to"):
        found.add("_order")
    return found if model.primary or not model.is_whole else found | {"id"}


def _missing(
    name: str,
    before: Table | None,
    after: Table | None,
    old: Known | None,
    new: Known,
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
    for column in sorted(new.columns - set(after.columns)):
        is_known = after.is_whole or column in gone
        was_missing = old is not None and column in old.columns and column not in gone
        if is_known and not was_missing:
            yield Breakage(name, column, "new", "missing", new.label)
