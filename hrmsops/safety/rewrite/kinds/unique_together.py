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
    built: list[str] = []
    for each in new:
        if each not in old:
            columns = model.columns_of(each)
            built += build_unique(model.table, generated(model.table, columns, "_uniq"), columns)
    both = separate(state=[place.code], database=built)
    return (Part(phase=Phase.BUILD, operations=(both,)),)


REWRITE = Rewrite(
    takes=("AlterUniqueTogether",),
    answers=frozenset({"unique-blocks-table"}),
    parts=parts,
)
