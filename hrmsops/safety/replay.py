"""What each operation makes of the models: Django's `state_forwards`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from hrmsops.safety.operations import Field, Operation
from hrmsops.safety.reader.values import Call, Unresolved
from hrmsops.safety.state import ModelState, State


def forwards(state: State, app: str, operation: Operation) -> State:
    """The models after an operation."""
    for each in operation.state:
        state = forwards(state, app, each)
    change = CHANGES.get(operation.kind)
    return change(state, app, operation) if change else state


def _create(state: State, app: str, operation: Operation) -> State:
    options = operation.get("options")
    model = ModelState(
        app=app,
        name=str(operation.get("name", "")),
        fields=dict(operation.get("fields") or ()),
        options=dict(options) if isinstance(options, dict) else {},
        bases=tuple(operation.get("bases") or ()),
    )
    return state.put(model)


def _delete(state: State, app: str, operation: Operation) -> State:
    return state.without(state.model(app, operation.model))


def _rename_model(state: State, app: str, operation: Operation) -> State:
    from dataclasses import replace

    old = state.model(app, str(operation.get("old_name", "")))
    new = replace(old, name=str(operation.get("new_name", "")))
    rest = state.without(old)
    models = {key: _pointing(each, old, new) for key, each in rest.models.items()}
    moved = frozenset(key for key, each in models.items() if each is not rest.models[key])
    return State(models, rest.changed | moved).put(_pointing(new, old, new))


def _pointing(model: ModelState, old: ModelState, new: ModelState) -> ModelState:
    """A model whose relations lead to the new name."""
    from hrmsops.safety import columns

    changed: dict[str, Field] = {}
    for name, field in model.fields.items():
        if "to" in field.arguments and columns.target(field, model.app, model.name) == old.key:
            arguments = {**field.arguments, "to": new.label}
            field = _with(field, arguments)
        changed[name] = field
    is_same = all(each is model.fields[name] for name, each in changed.items())
    return model if is_same else model.with_fields(changed)


def _with(field: Field, arguments: Mapping[str, Any]) -> Field:
    return Field(field.kind, arguments, field.line, field.written, field.is_known)


def _option(name: str, argument: str) -> Callable[[State, str, Operation], State]:
    def change(state: State, app: str, operation: Operation) -> State:
        model = state.model(app, operation.model)
        return state.put(model.with_options(**{name: operation.get(argument)}))

    return change


ALTERABLE = [
    "base_manager_name",
    "default_manager_name",
    "default_related_name",
    "get_latest_by",
    "managed",
    "ordering",
    "permissions",
    "default_permissions",
    "select_on_save",
    "verbose_name",
    "verbose_name_plural",
]


def _alter_options(state: State, app: str, operation: Operation) -> State:
    from dataclasses import replace

    given = operation.get("options")
    model = state.model(app, operation.model)
    kept = {name: value for name, value in model.options.items() if name not in ALTERABLE}
    options = {**kept, **(given if isinstance(given, dict) else {})}
    return state.put(replace(model, options=options))


def _add_field(state: State, app: str, operation: Operation) -> State:
    model = state.model(app, operation.model)
    field = operation.get("field")
    if not isinstance(field, Field):
        return state
    if operation.get("preserve_default", True) is False:
        field = _with(field, {k: v for k, v in field.arguments.items() if k != "default"})
    return state.put(model.with_fields({**model.fields, str(operation.get("name")): field}))


def _remove_field(state: State, app: str, operation: Operation) -> State:
    model = state.model(app, operation.model)
    gone = operation.get("name")
    return state.put(model.with_fields({k: v for k, v in model.fields.items() if k != gone}))


def _rename_field(state: State, app: str, operation: Operation) -> State:
    model = state.model(app, operation.model)
    old, new = str(operation.get("old_name")), str(operation.get("new_name"))
    fields = {new if name == old else name: each for name, each in model.fields.items()}
    options = dict(model.options)
    for name in ("unique_together", "index_together"):
        if options.get(name):
            options[name] = [
                tuple(new if f == old else f for f in group) for group in groups(options[name])
            ]
    from dataclasses import replace

    return state.put(replace(model, fields=fields, options=options))


def groups(value: Any) -> list[tuple[str, ...]]:
    """Django takes one group of names or a list of them."""
    if not isinstance(value, list | tuple | set) or not value:
        return []
    if all(isinstance(each, str) for each in value):
        return [tuple(value)]
    return [tuple(each) for each in value if isinstance(each, list | tuple | set)]


def listed(model: ModelState, option: str) -> list[Call]:
    """The indexes or constraints of a model."""
    found = model.options.get(option)
    return (
        [each for each in found if isinstance(each, Call)]
        if isinstance(found, list | tuple)
        else []
    )


def name_of(value: Any) -> str:
    """The name of an index or a constraint."""
    name = value.kwargs.get("name", "") if isinstance(value, Call) else ""
    return name if isinstance(name, str) else ""


def _adds(option: str, argument: str) -> Callable[[State, str, Operation], State]:
    def change(state: State, app: str, operation: Operation) -> State:
        model = state.model(app, operation.model)
        added = operation.get(argument)
        if isinstance(added, Unresolved) or added is None:
            return state
        return state.put(model.with_options(**{option: [*listed(model, option), added]}))

    return change


def _removes(option: str) -> Callable[[State, str, Operation], State]:
    def change(state: State, app: str, operation: Operation) -> State:
        model = state.model(app, operation.model)
        gone = operation.get("name")
        kept = [each for each in listed(model, option) if name_of(each) != gone]
        return state.put(model.with_options(**{option: kept}))

    return change


def _rename_index(state: State, app: str, operation: Operation) -> State:
    model = state.model(app, operation.model)
    old, new = operation.get("old_name"), operation.get("new_name")
    fields = operation.get("old_fields")
    if fields:
        together = [g for g in groups(model.options.get("index_together")) if g != tuple(fields)]
        index = Call(
            "django.db.models.Index", (), {"fields": [*fields], "name": new}, operation.line
        )
        indexes = [*listed(model, "indexes"), index]
        return state.put(model.with_options(index_together=together, indexes=indexes))
    renamed = [
        Call(each.function, each.args, {**each.kwargs, "name": new}, each.line)
        if name_of(each) == old
        else each
        for each in listed(model, "indexes")
    ]
    return state.put(model.with_options(indexes=renamed))


CHANGES: Mapping[str, Callable[[State, str, Operation], State]] = {
    "CreateModel": _create,
    "DeleteModel": _delete,
    "RenameModel": _rename_model,
    "AlterModelTable": _option("db_table", "table"),
    "AlterModelTableComment": _option("db_table_comment", "table_comment"),
    "AlterUniqueTogether": _option("unique_together", "unique_together"),
    "AlterIndexTogether": _option("index_together", "index_together"),
    "AlterOrderWithRespectTo": _option("order_with_respect_to", "order_with_respect_to"),
    "AlterModelOptions": _alter_options,
    "AddIndex": _adds("indexes", "index"),
    "AddIndexConcurrently": _adds("indexes", "index"),
    "RemoveIndex": _removes("indexes"),
    "RemoveIndexConcurrently": _removes("indexes"),
    "RenameIndex": _rename_index,
    "AddConstraint": _adds("constraints", "constraint"),
    "AddConstraintNotValid": _adds("constraints", "constraint"),
    "RemoveConstraint": _removes("constraints"),
    "AddField": _add_field,
    "AlterField": _add_field,
    "RemoveField": _remove_field,
    "RenameField": _rename_field,
}
