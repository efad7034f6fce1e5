"""How many rows a statement touches, by the queryset and the loops that it stands in."""

from __future__ import annotations

from collections.abc import Sequence

from hrmsops.safety.code.shapes import Many, Row, Rows, Shape


def scope_of(rows: Rows) -> str:
    """few: written down; batch: bounded; some: filtered; else all."""
    if rows.is_few:
        return "few"
    if rows.is_bounded:
        return "batch"
    return "some" if rows.filters else "all"


def scope_of_row(row: Row, loops: Sequence[Shape]) -> str:
    """A row that is looped over stands for all that the loop brings."""
    return scope_of_loops(loops, "one") if row.of is None else scope_of(row.of)


def scope_of_loops(loops: Sequence[Shape], otherwise: str = "") -> str:
    """By the innermost loop over rows."""
    for shape in reversed(loops):
        rows = shape.of if isinstance(shape, Many) else shape
        if isinstance(rows, Rows):
            return scope_of(rows)
    return otherwise


def scope_of_list(shapes: Sequence[Shape]) -> str:
    """By the first list among the arguments that grows with a table."""
    many = next((each for each in shapes if isinstance(each, Many | Rows)), None)
    if many is None:
        return "few"
    return scope_of(many.of if isinstance(many, Many) else many)
