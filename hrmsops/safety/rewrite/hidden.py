"""What a field's options bring along: indexes, unique and foreign keys, checks; a phase each."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

from hrmsops.safety import columns
from hrmsops.safety import effects as e
from hrmsops.safety.lowering.names import generated
from hrmsops.safety.operations import Field
from hrmsops.safety.rewrite.constraints import NAME_MAX, not_valid, validate
from hrmsops.safety.rewrite.indexes import build_index, build_unique
from hrmsops.safety.rewrite.rewrite import CannotRewrite, Part, Phase
from hrmsops.safety.rewrite.typing_code import quoted
from hrmsops.safety.state import ModelState, State

KNOWN_ELSEWHERE = {"auth.user": "id", "auth.group": "id", "contenttypes.contenttype": "id"}
"""Models of Django's own whose migrations are in no project."""
BARE = {
    "OneToOneField": "ForeignKey",
    "PositiveIntegerField": "IntegerField",
    "PositiveSmallIntegerField": "SmallIntegerField",
    "PositiveBigIntegerField": "BigIntegerField",
}
"""Fields that are a constraint as well, and the class of the same column without it."""

Work = dict[Phase, list[str]]


def work_of(
    effects: Iterable[e.Effect], state: State, model: ModelState, field: Field
) -> Work | CannotRewrite:
    """SQL for each of the effects that a hidden index or constraint is."""
    found: Work = defaultdict(list)
    for effect in effects:
        if isinstance(effect, e.CreateIndex):
            found[Phase.BUILD].append(_index(effect, state, model, field))
        elif isinstance(effect, e.AddConstraint) and effect.kind == "unique":
            found[Phase.UNIQUE] += build_unique(effect.table, _named(effect), effect.columns)
        elif isinstance(effect, e.AddConstraint) and effect.kind in ("foreign", "check"):
            named = _foreign(effect, state, model, field)
            if isinstance(named, CannotRewrite):
                return named
            name, definition = named
            found[Phase.NOT_VALID].append(not_valid(effect.table, name, definition))
            found[Phase.VALIDATE].append(validate(effect.table, name))
        else:
            return CannotRewrite("it does more than an index or a constraint takes")
    return found


def _named(effect: e.AddConstraint) -> str:
    """The name that Django gives to a unique constraint, cut as it cuts."""
    if effect.name.endswith("_uniq"):
        return generated(effect.table, effect.columns, "_uniq")
    return effect.name[:NAME_MAX]


def _index(effect: e.CreateIndex, state: State, model: ModelState, field: Field) -> str:
    column = quoted(effect.columns[0])
    if effect.name.endswith("_like"):
        kind = "text" if state.type_of(model, field) == "text" else "varchar"
        column += f" {kind}_pattern_ops"
    return build_index(effect.table, effect.name, column)


def _foreign(
    effect: e.AddConstraint, state: State, model: ModelState, field: Field
) -> tuple[str, str] | CannotRewrite:
    """The name and the definition of a constraint, as Django writes them."""
    (column,) = effect.columns
    if effect.kind == "check":
        return effect.name, f"CHECK ({quoted(column)} >= 0)"
    target = state.labelled(columns.target(field, model.app, model.name))
    key = _key_column(target, field)
    if not key:
        return CannotRewrite(f"the model that {column} leads to was not seen")
    name = generated(effect.table, (column,), f"_fk_{target.table}_{key}")
    return name, (
        f"FOREIGN KEY ({quoted(column)}) REFERENCES {quoted(target.table)} ({quoted(key)}) "
        "DEFERRABLE INITIALLY DEFERRED"
    )


def _key_column(target: ModelState, field: Field) -> str:
    """The column that a foreign key refers to; empty where it is not known."""
    to_field = field.get("to_field")
    if isinstance(to_field, str) and to_field in target.fields:
        return columns.column_name(to_field, target.fields[to_field])
    if to_field is not None:
        return ""
    if target.primary is not None:
        return columns.column_name(*target.primary)
    return KNOWN_ELSEWHERE.get(target.key, "id" if target.is_whole else "")


def parts_of(work: Work) -> list[Part]:
    return [Part(phase=phase, operations=tuple(made)) for phase, made in sorted(work.items())]
