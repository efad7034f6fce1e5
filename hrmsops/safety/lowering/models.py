"""Models made, dropped and renamed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hrmsops.safety import columns
from hrmsops.safety import effects as e
from hrmsops.safety.lowering import indexes
from hrmsops.safety.lowering.fields import column_of, hidden_indexes, many_to_many_table
from hrmsops.safety.operations import Field
from hrmsops.safety.replay import groups, listed
from hrmsops.safety.state import ModelState, State

if TYPE_CHECKING:
    from hrmsops.safety.lowering import Scene


def create(scene: Scene) -> list[e.Effect]:
    """CREATE TABLE, then what belongs to it."""
    model = scene.after.model(scene.app, str(scene.operation.get("name")))
    if not model.has_table:
        return [e.Nothing("", "the model has no table of its own to make")]
    return created(scene.after, model)


def created(state: State, model: ModelState) -> list[e.Effect]:
    """The effects of making a model's table."""
    own = {name: each for name, each in model.fields.items() if columns.has_column(each)}
    made = [column_of(state, model, name, each) for name, each in own.items()]
    if model.primary is None:
        made.append(e.Column("id", "bigint", not_null=True, is_identity=True))
    found: list[e.Effect] = [e.CreateTable(model.table, tuple(made))]
    for name, each in own.items():
        found += hidden_indexes(state, model, name, each)
    found += _by_name(model)
    for name, each in model.fields.items():
        if each.kind == "ManyToManyField" and not each.get("through"):
            found += many_to_many_table(state, model, name, each)
    return found


def _by_name(model: ModelState) -> list[e.Effect]:
    """The indexes and constraints of a model's Meta."""
    unique = groups(model.options.get("unique_together"))
    together = groups(model.options.get("index_together"))
    found: list[e.Effect] = [
        *(e.AddConstraint(model.table, "", "unique", model.columns_of(each)) for each in unique),
        *(e.CreateIndex(model.table, "", model.columns_of(each)) for each in together),
        *(indexes.index_effect(model, each) for each in listed(model, "indexes")),
    ]
    for constraint in listed(model, "constraints"):
        found += indexes.constraint_effects(model, constraint)
    return found


def delete(scene: Scene) -> list[e.Effect]:
    model = scene.state.model(scene.app, scene.operation.model)
    if not model.has_table:
        return [e.Nothing("", "the model has no table of its own")]
    found: list[e.Effect] = []
    for name, each in model.fields.items():
        if each.kind == "ManyToManyField" and not each.get("through"):
            found.append(e.DropTable(_join_table(model, name, each)))
    return [*found, e.DropTable(model.table)]


def _join_table(model: ModelState, name: str, field: Field) -> str:
    from hrmsops.safety.lowering.fields import join_table

    return join_table(model, name, field)


def rename(scene: Scene) -> list[e.Effect]:
    """The table, and the many-to-many tables and their columns that carry the model's name."""
    old = scene.state.model(scene.app, str(scene.operation.get("old_name")))
    new = scene.after.model(scene.app, str(scene.operation.get("new_name")))
    if not old.has_table:
        return [e.Nothing("", "the model has no table of its own")]
    if old.table == new.table:
        found: list[e.Effect] = []
    else:
        found = [e.RenameTable(old.table, new.table)]
    for name, field in old.fields.items():
        if field.kind != "ManyToManyField" or field.get("through"):
            continue
        before, after = _join_table(old, name, field), _join_table(new, name, field)
        if before != after:
            found.append(e.RenameTable(before, after))
        if old.name.lower() != new.name.lower():
            found.append(e.RenameColumn(after, f"{old.name.lower()}_id", f"{new.name.lower()}_id"))
    return found or [e.Nothing("", f"the table stays {old.table}")]


def alter_table(scene: Scene) -> list[e.Effect]:
    old = scene.state.model(scene.app, scene.operation.model)
    new = scene.after.model(scene.app, scene.operation.model)
    if not old.has_table or old.table == new.table:
        return [e.Nothing("", f"the table stays {old.table}")]
    found: list[e.Effect] = [e.RenameTable(old.table, new.table)]
    for name, field in old.fields.items():
        if field.kind == "ManyToManyField" and not field.get("through"):
            before, after = _join_table(old, name, field), _join_table(new, name, field)
            if before != after:
                found.append(e.RenameTable(before, after))
    return found


def alter_order(scene: Scene) -> list[e.Effect]:
    """`order_with_respect_to` is a column `_order`, with a default that Django drops again."""
    old = scene.state.model(scene.app, scene.operation.model)
    new = scene.after.model(scene.app, scene.operation.model)
    had, has = (bool(each.options.get("order_with_respect_to")) for each in (old, new))
    if had == has:
        return [e.Nothing("", "the column _order stays as it is")]
    if had:
        return [e.DropColumn(old.table, "_order", "_order")]
    column = e.Column("_order", "integer", not_null=True)
    return [e.AddColumn(new.table, column, fill="constant", field="_order")]


def nothing(scene: Scene) -> list[e.Effect]:
    return [e.Nothing("", f"{scene.operation.kind} changes what Django knows, not the database")]


def nothing_strong(scene: Scene) -> list[e.Effect]:
    return [e.Harmless("", "a comment")]


def extension(scene: Scene) -> list[e.Effect]:
    return [e.Harmless("", "an extension or a collation is made")]


def foreign(scene: Scene) -> list[e.Effect]:
    return [e.Opaque("", scene.operation.written, "it is another package's operation")]


def drop_collation(scene: Scene) -> list[e.Effect]:
    return [e.DropObject("", "collation", str(scene.operation.get("name", "")))]
