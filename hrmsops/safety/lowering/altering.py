"""AlterField against the field as it was: the SQL that Django sends, which is often none."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hrmsops.safety import columns
from hrmsops.safety import effects as e
from hrmsops.safety.lowering.altered_columns import column_effects
from hrmsops.safety.lowering.altered_many import many_to_many
from hrmsops.safety.lowering.changing import Change, proof
from hrmsops.safety.operations import Field

if TYPE_CHECKING:
    from hrmsops.safety.lowering import Scene


def alter(scene: Scene) -> list[e.Effect]:
    """The effects of an AlterField."""
    before = scene.state.model(scene.app, scene.operation.model)
    after = scene.after.model(scene.app, scene.operation.model)
    name, new = str(scene.operation.get("name")), scene.operation.get("field")
    old = before.fields.get(name)
    if not after.has_table:
        return [e.Nothing(after.table, "the model has no table of its own")]
    if not isinstance(new, Field):
        return [e.Opaque(after.table, f"the field {name}", "it could not be read")]
    if old is None:
        why = f"the migration that made {before.label}.{name} is not here, so neither is its type"
        return [e.Opaque(after.table, f"AlterField of {name}", why)]
    return _altered(Change(name, old, new, before, after, scene.state, scene.after))


def _altered(change: Change) -> list[e.Effect]:
    old, new = change.old, change.new
    many = [each.kind == "ManyToManyField" for each in (old, new)]
    if any(many):
        return many_to_many(change, both=all(many))
    if not columns.has_column(old) or not columns.has_column(new):
        return [e.Nothing(change.table, "it has no column")]
    if "GeneratedField" in (old.kind, new.kind) and change.differs:
        why = "Django refuses to change a generated field; it has to be removed and added again"
        return [e.Refused(change.table, why)]
    if not change.differs and change.old_column == change.column:
        return [e.Nothing(change.table, proof(change))]
    found = column_effects(change)
    return found or [e.Nothing(change.table, proof(change))]
