"""`unique_together`: each new group over an index that is built beside the traffic."""

from __future__ import annotations

from hrmsops.safety.lowering.names import generated
from hrmsops.safety.replay import groups
from hrmsops.safety.rewrite.indexes import build_unique
from hrmsops.safety.rewrite.rewrite import CannotRewrite, Part, Phase, Place, Rewrite
from hrmsops.safety.rewrite.typing_code import separate


def parts(place: Place) -> tuple[Part, ...] | CannotRewrite:
    """The groups that come. One that goes as well is for a person to part from them."""
    before = place.state.model(place.app, place.operation.model).options.get("unique_together")
    old, new = groups(before), groups(place.operation.get("unique_together"))
    if any(each not in new for each in old):
        return CannotRewrite("it takes a group away as well: make it two operations")
    model = place.model
    come = [model.columns_of(each) for each in new if each not in old]
    if not come:
        return CannotRewrite("it adds no group")
    *others, last = (
        build_unique(model.table, generated(model.table, each, "_uniq"), each) for each in come
    )
    both = separate(state=[place.code], database=last)
    return tuple(Part(phase=Phase.UNIQUE, operations=tuple(each)) for each in (*others, [both]))


REWRITE = Rewrite(
    takes=("AlterUniqueTogether",),
    answers=frozenset({"unique-blocks-table"}),
    parts=parts,
)
