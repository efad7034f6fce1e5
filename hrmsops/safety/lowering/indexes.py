"""Indexes and constraints, by name and by `…_together`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from hrmsops.safety import effects as e
from hrmsops.safety.lowering.names import generated
from hrmsops.safety.reader.values import Call, Ref
from hrmsops.safety.replay import groups, listed, name_of
from hrmsops.safety.state import ModelState

if TYPE_CHECKING:
    from hrmsops.safety.lowering import Scene

METHODS = {
    "GinIndex": "gin",
    "GistIndex": "gist",
    "SpGistIndex": "spgist",
    "BrinIndex": "brin",
    "HashIndex": "hash",
    "BloomIndex": "bloom",
}


def index_effect(model: ModelState, index: Call, *, is_concurrent: bool = False) -> e.CreateIndex:
    """CREATE INDEX for an index of a model."""
    names = index.kwargs.get("fields") or ()
    fields = (
        tuple(str(each).lstrip("-") for each in names) if isinstance(names, list | tuple) else ()
    )
    return e.CreateIndex(
        model.table,
        name_of(index),
        model.columns_of(fields),
        is_concurrent=is_concurrent,
        is_partial=index.kwargs.get("condition") is not None,
        method=METHODS.get(index.last, "btree"),
    )


def _model(scene: Scene) -> ModelState:
    return scene.state.model(
        scene.app, str(scene.operation.get("model_name") or scene.operation.model)
    )


def add(scene: Scene) -> list[e.Effect]:
    model, index = _model(scene), scene.operation.get("index")
    is_concurrent = scene.operation.kind == "AddIndexConcurrently"
    if not model.has_table:
        return [e.Nothing(model.table, "the model has no table of its own")]
    if not isinstance(index, Call):
        return [e.CreateIndex(model.table, "", is_concurrent=is_concurrent)]
    return [index_effect(model, index, is_concurrent=is_concurrent)]


def remove(scene: Scene) -> list[e.Effect]:
    model = _model(scene)
    if not model.has_table:
        return [e.Nothing(model.table, "the model has no table of its own")]
    is_concurrent = scene.operation.kind == "RemoveIndexConcurrently"
    return [e.DropIndex(model.table, str(scene.operation.get("name")), is_concurrent)]


def rename(scene: Scene) -> list[e.Effect]:
    model = _model(scene)
    old = str(scene.operation.get("old_name") or "")
    return [e.RenameIndex(model.table, old, str(scene.operation.get("new_name")))]


def constraint_effects(model: ModelState, constraint: Call) -> list[e.Effect]:
    """ALTER TABLE … ADD CONSTRAINT, or the unique index that Django makes instead."""
    name, kind = name_of(constraint), constraint.last
    fields = tuple(str(each) for each in constraint.kwargs.get("fields") or ())
    columns = model.columns_of(fields)
    if kind == "CheckConstraint":
        condition = constraint.kwargs.get("condition", constraint.kwargs.get("check"))
        proves = _proves_not_null(condition)
        column = model.columns_of((proves,))[0] if proves else ""
        columns = model.columns_of(tuple(dict.fromkeys(_names_in(condition))))
        return [e.AddConstraint(model.table, name, "check", columns, proves_not_null=column)]
    if kind == "UniqueConstraint":
        if _is_index(constraint):
            is_partial = constraint.kwargs.get("condition") is not None
            return [
                e.CreateIndex(model.table, name, columns, is_unique=True, is_partial=is_partial)
            ]
        return [e.AddConstraint(model.table, name, "unique", columns)]
    if kind == "ExclusionConstraint":
        return [e.AddConstraint(model.table, name, "exclude", columns)]
    return [
        e.Opaque(model.table, f"the constraint {constraint.written or kind}", "its SQL is its own")
    ]


def _is_index(constraint: Call) -> bool:
    """Whether a UniqueConstraint can only be a unique index."""
    return bool(
        constraint.args
        or constraint.kwargs.get("condition") is not None
        or constraint.kwargs.get("include")
        or constraint.kwargs.get("opclasses")
    )


def _names_in(condition: Any) -> Iterator[str]:
    """The fields that a condition names: `Q(end__gt=F("start"))` names both."""
    if not isinstance(condition, Call):
        return
    if condition.last in ("F", "OuterRef"):
        yield from (str(each).partition("__")[0] for each in condition.args)
        return
    is_query = condition.last == "Q"
    for each in condition.args:
        yield from _names_in(each)
    for key, value in condition.kwargs.items():
        if is_query and not key.startswith("_"):
            yield key.partition("__")[0]
        yield from _names_in(value)


def _proves_not_null(condition: Any) -> str:
    """The field of `Q(field__isnull=False)`."""
    if isinstance(condition, Call) and condition.last == "Q" and len(condition.kwargs) == 1:
        ((key, value),) = condition.kwargs.items()
        field, _, lookup = key.rpartition("__")
        return field if lookup == "isnull" and value is False else ""
    if isinstance(condition, Call) and condition.last == "IsNotNull" and condition.args:
        return str(condition.args[0])
    return ""


def add_constraint(scene: Scene) -> list[e.Effect]:
    model, constraint = _model(scene), scene.operation.get("constraint")
    if not model.has_table:
        return [e.Nothing(model.table, "the model has no table of its own")]
    if not isinstance(constraint, Call):
        return [e.Opaque(model.table, "a constraint", "it could not be read")]
    found = constraint_effects(model, constraint)
    if scene.operation.kind != "AddConstraintNotValid":
        return found
    from msgspec.structs import replace

    return [
        replace(each, is_valid=False) if isinstance(each, e.AddConstraint) else each
        for each in found
    ]


def remove_constraint(scene: Scene) -> list[e.Effect]:
    model, name = _model(scene), str(scene.operation.get("name"))
    if not model.has_table:
        return [e.Nothing(model.table, "the model has no table of its own")]
    for each in listed(model, "constraints"):
        if name_of(each) == name and each.last == "UniqueConstraint" and _is_index(each):
            return [e.DropIndex(model.table, name, is_unique=True)]
        if name_of(each) == name:
            kinds = {"CheckConstraint": "check", "UniqueConstraint": "unique"}
            return [e.DropConstraint(model.table, name, kinds.get(each.last, "exclude"))]
    return [e.DropConstraint(model.table, name)]


def validate(scene: Scene) -> list[e.Effect]:
    return [e.ValidateConstraint(_model(scene).table, str(scene.operation.get("name")))]


def unique_together(scene: Scene) -> list[e.Effect]:
    """Each group that is new is a constraint to add, each that is gone one to drop."""
    old, new = _groups(scene, "unique_together")
    model = scene.after.model(scene.app, scene.operation.model)
    if not model.has_table:
        return [e.Nothing(model.table, "the model has no table of its own")]
    gone = [model.columns_of(each) for each in old if each not in new]
    come = [model.columns_of(each) for each in new if each not in old]
    found: list[e.Effect] = [e.DropConstraint(model.table, "", "unique", each) for each in gone]
    found += [
        e.AddConstraint(model.table, generated(model.table, each, "_uniq"), "unique", each)
        for each in come
    ]
    return found or [e.Nothing(model.table, "the groups are the same as before")]


def index_together(scene: Scene) -> list[e.Effect]:
    old, new = _groups(scene, "index_together")
    model = scene.after.model(scene.app, scene.operation.model)
    if not model.has_table:
        return [e.Nothing(model.table, "the model has no table of its own")]
    found: list[e.Effect] = [
        e.DropIndex(model.table, generated(model.table, model.columns_of(each), "_idx"))
        for each in old
        if each not in new
    ]
    found += [
        e.CreateIndex(
            model.table,
            generated(model.table, model.columns_of(each), "_idx"),
            model.columns_of(each),
        )
        for each in new
        if each not in old
    ]
    return found or [e.Nothing(model.table, "the groups are the same as before")]


def _groups(scene: Scene, option: str) -> tuple[list[tuple[str, ...]], list[tuple[str, ...]]]:
    before = scene.state.model(scene.app, scene.operation.model).options.get(option)
    return groups(before), groups(scene.operation.get(option))


__all__ = ["Ref", "add", "add_constraint", "constraint_effects", "index_effect", "remove"]
