"""A field with a new name over the column that it always had."""

from __future__ import annotations

from hrmsops.safety import columns
from hrmsops.safety.operations import Field
from hrmsops.safety.rewrite.expanding import expanded
from hrmsops.safety.rewrite.rendering import CannotRender, Rendering
from hrmsops.safety.rewrite.rewrite import (
    CannotRewrite,
    ModelEdit,
    Part,
    Phase,
    Place,
    Rewrite,
)
from hrmsops.safety.rewrite.typing_code import call, separate
from hrmsops.safety.state import ModelState


def parts(place: Place) -> tuple[Part, ...] | CannotRewrite:
    """The new name over the old column; or, where it is asked for, a second column."""
    before = place.state.model(place.app, place.operation.model)
    old, new = (str(place.operation.get(each)) for each in ("old_name", "new_name"))
    field = before.fields.get(old)
    if field is None or not columns.has_column(field):
        return CannotRewrite("the field was not seen, or has no column of its own")
    if place.expands:
        return expanded(place, before, field, old, new)
    return _kept(place, before, field, old, new)


def _kept(
    place: Place, before: ModelState, field: Field, old: str, new: str
) -> tuple[Part, ...] | CannotRewrite:
    """No SQL at all: Django's state is renamed, and told which column it is."""
    column = columns.column_name(old, field)
    rendering = Rendering()
    kept = Field(field.kind, {**field.arguments, "db_column": column}, 0, field.written)
    try:
        code = rendering.field(kept)
    except CannotRender:
        return CannotRewrite("its field cannot be typed again from what was read")
    named = {"model_name": f'"{place.operation.model}"', "name": f'"{new}"', "field": code}
    altered = call("migrations.AlterField", **named)
    return (
        Part(
            phase=Phase.COLUMN,
            operations=(separate(state=[place.code, altered]),),
            imports=tuple(sorted(rendering.imports)),
            model_edits=(ModelEdit(model=before.name, field=new, column=column),),
        ),
    )


REWRITE = Rewrite(
    takes=("RenameField",),
    answers=frozenset({"column-renamed", "code-loses-object"}),
    parts=parts,
)
