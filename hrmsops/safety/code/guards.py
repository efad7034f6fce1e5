"""Tests of a function whose answer is known: which database it runs on."""

from __future__ import annotations

import ast

VENDOR = "postgresql"


def taken(node: ast.If) -> list[ast.stmt] | None:
    """The statements that run on PostgreSQL; None where the test asks for something else."""
    answer = _answer(node.test)
    return None if answer is None else node.body if answer else node.orelse


def leaves(way: list[ast.stmt] | None) -> bool:
    """Whether nothing after these statements runs."""
    return any(isinstance(each, ast.Return | ast.Raise) for each in way or ())


def _answer(test: ast.expr) -> bool | None:
    if isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not):
        inner = _answer(test.operand)
        return None if inner is None else not inner
    if not (isinstance(test, ast.Compare) and len(test.ops) == 1):
        return None
    if not (isinstance(test.left, ast.Attribute) and test.left.attr == "vendor"):
        return None
    names = _names(test.comparators[0])
    is_negative = isinstance(test.ops[0], ast.NotEq | ast.NotIn)
    return None if names is None else (VENDOR in names) is not is_negative


def _names(node: ast.expr) -> list[object] | None:
    elements = node.elts if isinstance(node, ast.Tuple | ast.List | ast.Set) else [node]
    if not all(isinstance(each, ast.Constant) for each in elements):
        return None
    return [each.value for each in elements if isinstance(each, ast.Constant)]
