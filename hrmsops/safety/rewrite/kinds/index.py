"""An index: built beside the traffic, with Django's state in step."""

from __future__ import annotations

from hrmsops.safety.reader.values import Call
from hrmsops.safety.rewrite.editing import changed_call
from hrmsops.safety.rewrite.indexes import build_index
from hrmsops.safety.rewrite.rewrite import CannotRewrite, Part, Phase, Place, Rewrite
from hrmsops.safety.rewrite.typing_code import quoted, separate

OPERATIONS = "from django.contrib.postgres.operations import AddIndexConcurrently"


def parts(place: Place) -> tuple[Part, ...] | CannotRewrite:
    """SQL where it says no more than columns, else Django's own concurrent operation."""
    index = place.operation.get("index")
    if not isinstance(index, Call) or not isinstance(index.kwargs.get("name"), str):
        return CannotRewrite("the index could not be read")
    columns = _columns(place, index)
    if columns is None:
        concurrent = changed_call(place.code, function="AddIndexConcurrently")
        return (Part(phase=Phase.BUILD, operations=(concurrent,), imports=(OPERATIONS,)),)
    built = build_index(place.model.table, index.kwargs["name"], columns)
    both = separate(state=[place.code], database=[built])
    return (Part(phase=Phase.BUILD, operations=(both,)),)


def _columns(place: Place, index: Call) -> str | None:
    """The columns in SQL; None where the index says more than columns."""
    fields = index.kwargs.get("fields")
    is_plain = index.last == "Index" and set(index.kwargs) <= {"fields", "name"} and not index.args
    if not is_plain or not isinstance(fields, list | tuple):
        return None
    if not all(isinstance(each, str) for each in fields):
        return None
    found = []
    for each in fields:
        (column,) = place.model.columns_of((each.lstrip("-"),))
        found.append(f"{quoted(column)} DESC" if each.startswith("-") else quoted(column))
    return ", ".join(found)


REWRITE = Rewrite(
    takes=("AddIndex",),
    answers=frozenset({"index-blocks-writes"}),
    parts=parts,
)
