"""Fields added, removed and renamed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hrmsops.safety import columns
from hrmsops.safety import effects as e
from hrmsops.safety.lowering.names import digest, generated
from hrmsops.safety.operations import Field
from hrmsops.safety.state import ModelState, State

if TYPE_CHECKING:
    from hrmsops.safety.lowering import Scene


def column_of(state: State, model: ModelState, name: str, field: Field) -> e.Column:
    """The column that a field is."""
    return e.Column(
        name=columns.column_name(name, field),
        type=state.type_of(model, field),
        not_null=not columns.is_null(field) and not columns.generated(field),
        default=columns.db_default(field),
        generated=columns.generated(field),
        is_identity=field.kind in columns.AUTO,
    )


def add(scene: Scene) -> list[e.Effect]:
    """ADD COLUMN with the foreign key in it; the indexes that the field hides come at the end."""
    model = scene.after.model(scene.app, scene.operation.model)
    name, field = str(scene.operation.get("name")), scene.operation.get("field")
    if not isinstance(field, Field):
        return [e.Opaque(model.table, f"the field {name}", "it could not be read")]
    if not model.has_table:
        return [e.Nothing(model.table, "the model has no table of its own")]
    if field.kind == "NoColumn":
        return [e.Nothing(model.table, f"{field.written} has no column")]
    if field.kind == "ManyToManyField":
        if field.get("through"):
            return [e.Nothing(model.table, "the table of `through` is a model of its own")]
        return many_to_many_table(scene.after, model, name, field)
    added = e.AddColumn(
        model.table,
        column_of(scene.after, model, name, field),
        fill=columns.effective_default(field),
        field=name,
        is_unique=columns.is_unique(field),
    )
    return [added, *hidden_indexes(scene.after, model, name, field, in_new_column=True)]


def hidden_indexes(
    state: State, model: ModelState, name: str, field: Field, *, in_new_column: bool = False
) -> list[e.Effect]:
    """The constraints and indexes that come with a field's options."""
    column = columns.column_name(name, field)
    found: list[e.Effect] = []
    if columns.has_constraint(field):
        target = state.labelled(columns.target(field, model.app, model.name))
        constraint = f"{model.table}_{column}_{digest(model.table, column)}_fk_{target.table}"
        found.append(
            e.AddConstraint(
                model.table,
                constraint[:63],
                "foreign",
                (column,),
                target=target.table,
                hidden_in=name if in_new_column else "",
                is_deferrable=True,
            )
        )
    if columns.is_primary(field):
        found.append(e.AddConstraint(model.table, f"{model.table}_pkey", "primary", (column,)))
    elif columns.is_unique(field):
        hidden = name if in_new_column else ""
        key = f"{model.table}_{column}_key"
        found.append(e.AddConstraint(model.table, key, "unique", (column,), hidden_in=hidden))
    if columns.is_indexed(field) and not columns.is_unique(field):
        index = generated(model.table, (column,), "")
        found.append(e.CreateIndex(model.table, index, (column,), hidden_in=name))
    if like_index(state, model, field):
        index = generated(model.table, (column,), "_like")
        found.append(e.CreateIndex(model.table, index, (column,), hidden_in=name))
    if field.kind in columns.POSITIVE:
        found.append(
            e.AddConstraint(
                model.table,
                f"{model.table}_{column}_check",
                "check",
                (column,),
                hidden_in=name if in_new_column else "",
            )
        )
    return found


def like_index(state: State, model: ModelState, field: Field) -> bool:
    """Whether Django makes a second index, for LIKE, on an indexed text column."""
    if not (columns.is_indexed(field) or columns.is_unique(field)) or columns.collation(field):
        return False
    return state.type_of(model, field).startswith(("varchar", "text")) and "[" not in (
        state.type_of(model, field)
    )


def join_table(model: ModelState, name: str, field: Field) -> str:
    """The table of a many-to-many field."""
    named = field.get("db_table")
    return named if isinstance(named, str) and named else f"{model.table}_{name}"[:63]


def many_to_many_table(state: State, model: ModelState, name: str, field: Field) -> list[e.Effect]:
    """A new table with two foreign keys; those it leads to are locked for a moment."""
    table = join_table(model, name, field)
    other = state.labelled(columns.target(field, model.app, model.name))
    is_self = other.key == model.key
    here = f"from_{model.name}_id".lower() if is_self else f"{model.name}_id".lower()
    there = f"to_{other.name}_id".lower() if is_self else f"{other.name}_id".lower()
    made = tuple(
        e.Column(each, "bigint", not_null=True, is_identity=each == "id")
        for each in ("id", here, there)
    )
    return [
        e.CreateTable(table, made),
        e.AddConstraint(table, "", "foreign", (here,), target=model.table, is_deferrable=True),
        e.AddConstraint(table, "", "foreign", (there,), target=other.table, is_deferrable=True),
        e.CreateIndex(table, "", (here,)),
        e.CreateIndex(table, "", (there,)),
        e.AddConstraint(table, "", "unique", (here, there)),
    ]


def remove(scene: Scene) -> list[e.Effect]:
    model = scene.state.model(scene.app, scene.operation.model)
    name = str(scene.operation.get("name"))
    field = model.fields.get(name)
    if not model.has_table:
        return [e.Nothing(model.table, "the model has no table of its own")]
    if field is None:
        if model.is_whole:
            return [e.Nothing(model.table, f"{model.label} has no field {name}")]
        return [e.DropColumn(model.table, name, name)]
    if field.kind == "ManyToManyField":
        if field.get("through"):
            return [e.Nothing(model.table, "the table of `through` is a model of its own")]
        return [e.DropTable(join_table(model, name, field))]
    if not columns.has_column(field):
        return [e.Nothing(model.table, f"{field.written} has no column")]
    return [e.DropColumn(model.table, columns.column_name(name, field), name)]


def rename(scene: Scene) -> list[e.Effect]:
    model = scene.state.model(scene.app, scene.operation.model)
    old, new = str(scene.operation.get("old_name")), str(scene.operation.get("new_name"))
    field = model.fields.get(old)
    if not model.has_table:
        return [e.Nothing(model.table, "the model has no table of its own")]
    if field is None:
        return [e.RenameColumn(model.table, old, new, field=old)]
    if field.kind == "ManyToManyField":
        before, after = join_table(model, old, field), join_table(model, new, field)
        if field.get("through") or before == after:
            return [e.Nothing(model.table, "its table keeps its name")]
        return [e.RenameTable(before, after)]
    before, after = columns.column_name(old, field), columns.column_name(new, field)
    if before == after or not columns.has_column(field):
        return [e.Nothing(model.table, f"the column stays {before}")]
    return [e.RenameColumn(model.table, before, after, field=old)]
