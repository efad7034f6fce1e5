"""Lists of a data migration: which grow with a table, and which hold a batch of it."""

from __future__ import annotations

import ast
from collections.abc import Sequence

from hrmsops.safety.code.shapes import Few, Many, Row, Rows, Shape

Loop = ast.For | ast.AsyncFor | ast.While


def grown(base: Many | Few, shapes: Sequence[Shape], loops: Sequence[Shape]) -> Shape:
    """A list that is filled while rows are looped over grows with them."""
    for shape in (*shapes, *reversed(loops)):
        rows = shape.of if isinstance(shape, Row | Many) else shape
        if isinstance(rows, Rows) and not rows.is_bounded:
            return Many(rows)
    return base


def is_emptied(name: str, loops: Sequence[Loop]) -> bool:
    """Whether a loop around it empties the list again and again: then it holds a batch."""
    return any(_empties(loop, name) for loop in loops)


def _empties(loop: Loop, name: str) -> bool:
    for node in ast.walk(loop):
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.List | ast.Call):
            is_empty = not getattr(node.value, "elts", None) and not getattr(
                node.value, "args", None
            )
            names = [each.id for each in node.targets if isinstance(each, ast.Name)]
            if is_empty and name in names:
                return True
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            owner = node.func.value
            if node.func.attr == "clear" and isinstance(owner, ast.Name) and owner.id == name:
                return True
    return False


def as_list(given: Sequence[Shape]) -> Shape:
    """What `list(…)` and its like make of their arguments."""
    first = next((each for each in given if isinstance(each, Rows | Many)), None)
    if isinstance(first, Rows):
        return Many(first)
    return first or Few()


def bounded(given: Sequence[Shape]) -> Shape:
    """What a helper that cuts into batches makes of its arguments."""
    for each in given:
        if isinstance(each, Rows):
            return each.filtered(bounded=True)
        if isinstance(each, Many):
            return Many(each.of.filtered(bounded=True))
    return Few()
