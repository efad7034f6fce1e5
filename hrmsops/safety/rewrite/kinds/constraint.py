"""A constraint of a model: unique over an index built beside the traffic, a check in two steps."""

from __future__ import annotations

from hrmsops.safety import effects as e
from hrmsops.safety.lowering.indexes import constraint_effects
from hrmsops.safety.reader.values import Call
from hrmsops.safety.rewrite.editing import changed_call
from hrmsops.safety.rewrite.indexes import build_unique
from hrmsops.safety.rewrite.rewrite import CannotRewrite, Part, Phase, Place, Rewrite
from hrmsops.safety.rewrite.typing_code import call, separate

NOT_VALID = "from django.contrib.postgres.operations import AddConstraintNotValid"
VALIDATE = "from django.contrib.postgres.operations import ValidateConstraint"
PLAIN = {"fields", "name", "violation_error_message", "violation_error_code"}


def parts(place: Place) -> tuple[Part, ...] | CannotRewrite:
    """By what the constraint is in the database."""
    constraint = place.operation.get("constraint")
    if not isinstance(constraint, Call) or not isinstance(constraint.kwargs.get("name"), str):
        return CannotRewrite("the constraint could not be read")
    effects = constraint_effects(place.model, constraint)
    if len(effects) == 1 and isinstance(effects[0], e.AddConstraint):
        if effects[0].kind == "check":
            return _check(place, constraint.kwargs["name"])
        if effects[0].kind == "unique" and set(constraint.kwargs) <= PLAIN:
            return _unique(place, effects[0])
    return CannotRewrite("only plain unique constraints and checks are rewritten")


def _check(place: Place, name: str) -> tuple[Part, ...]:
    added = changed_call(place.code, function="AddConstraintNotValid")
    validated = call(
        "ValidateConstraint", model_name=f'"{place.operation.model}"', name=f'"{name}"'
    )
    return (
        Part(phase=Phase.NOT_VALID, operations=(added,), imports=(NOT_VALID,)),
        Part(phase=Phase.VALIDATE, operations=(validated,), imports=(VALIDATE,)),
    )


def _unique(place: Place, effect: e.AddConstraint) -> tuple[Part, ...]:
    built = build_unique(effect.table, effect.name, effect.columns)
    both = separate(state=[place.code], database=built)
    return (Part(phase=Phase.UNIQUE, operations=(both,)),)


REWRITE = Rewrite(
    takes=("AddConstraint",),
    answers=frozenset({"constraint-scans-table", "unique-blocks-table"}),
    parts=parts,
)
