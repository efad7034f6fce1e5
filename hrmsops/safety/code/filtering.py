"""Filters of a queryset: which of them make it a batch, and which pick a few rows."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from hrmsops.safety.code.shapes import Few, Many, Rows, Shape

if TYPE_CHECKING:
    from hrmsops.safety.code.walking import Walker

KEYS = ("pk", "id")


def filtered(walker: Walker, node: ast.Call, base: Rows, name: str) -> Rows:
    """A queryset after `filter` or `exclude`: its lookups, and whether they let a batch through."""
    names = [each.arg or "**" for each in node.keywords]
    names += ["Q"] * len(node.args)
    shapes = {each.arg: walker.shape(each.value) for each in node.keywords if each.arg}
    for each in node.args:
        walker.shape(each)
    if name == "exclude":
        return base.filtered(*(f"not {each}" for each in names))
    bounded = any(_bounds(walker, key, shape) for key, shape in shapes.items())
    few = any(each.arg and _lists(walker, each.arg, each.value) for each in node.keywords)
    return base.filtered(*names, bounded=bounded, few=few)


def _lists(walker: Walker, lookup: str, node: ast.expr) -> bool:
    """`code__in=["a", "b"]`: the values are written down."""
    if not lookup.endswith("__in"):
        return False
    return isinstance(walker.evaluator.value(node), list | tuple | set)


def _bounds(walker: Walker, lookup: str, shape: Shape) -> bool:
    """Whether a filter lets a batch through: keys that were sliced, or a window of keys."""
    field, _, how = lookup.partition("__")
    if isinstance(shape, Rows | Many):
        rows = shape if isinstance(shape, Rows) else shape.of
        return rows.is_bounded
    if how == "in" and isinstance(shape, Few):
        return True
    is_key = field in KEYS or field.endswith("_id")
    return is_key and how in ("range", "lt", "lte") and bool(walker.loops)
