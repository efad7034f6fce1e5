"""Values that operators make: arithmetic, comparisons, and, or, not, if … else."""

from __future__ import annotations

import ast
import operator
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from hrmsops.safety.reader.values import Call, FilePath, Ref, Value, is_resolved

if TYPE_CHECKING:
    from hrmsops.safety.reader.evaluating import Evaluator

OPERATORS: Mapping[type[ast.operator], Callable[[Any, Any], Any]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.FloorDiv: operator.floordiv,
    ast.Mod: operator.mod,
    ast.Pow: lambda left, right: left**right if abs(right) < 64 else None,
}


OPAQUE_OPERATORS: Mapping[type[ast.operator], str] = {
    ast.BitOr: "|",
    ast.BitAnd: "&",
    ast.BitXor: "^",
    ast.Div: "/",
    **{kind: kind.__name__ for kind in OPERATORS},
}


def _binary(self: Evaluator, node: ast.BinOp) -> Value:
    left, right = self.value(node.left), self.value(node.right)
    if isinstance(left, FilePath) and isinstance(right, str) and isinstance(node.op, ast.Div):
        return FilePath(f"{left.path}/{right}")
    apply = OPERATORS.get(type(node.op))
    plain = (str, int, float, list, tuple, dict, set)
    if apply and isinstance(left, plain) and isinstance(right, plain):
        if isinstance(node.op, ast.Mod) and not is_resolved(right):
            return self.unresolved(node)
        try:
            return apply(left, right)
        except Exception:
            return self.unresolved(node)
    sign = OPAQUE_OPERATORS.get(type(node.op))
    if sign and isinstance(left, Call | Ref) and isinstance(right, Call | Ref | int | str | float):
        return Call(f"operator.{sign}", (left, right), {}, node.lineno)
    return self.unresolved(node)


def _unary(self: Evaluator, node: ast.UnaryOp) -> Value:
    value = self.value(node.operand)
    if isinstance(node.op, ast.USub) and isinstance(value, int | float):
        return -value
    if isinstance(node.op, ast.Not) and isinstance(value, bool | str | int | list | type(None)):
        return not value
    if isinstance(node.op, ast.Invert) and isinstance(value, Call):
        return Call("operator.~", (value,), {}, node.lineno)
    return self.unresolved(node)


def _conditional(self: Evaluator, node: ast.IfExp) -> Value:
    test = self.value(node.test)
    if isinstance(test, bool | int | str | type(None)):
        return self.value(node.body if test else node.orelse)
    body, otherwise = self.value(node.body), self.value(node.orelse)
    return body if _equal(body, otherwise) else self.unresolved(node)


def _equal(left: Value, right: Value) -> bool:
    return type(left) is type(right) and bool(left == right)


def _compare(self: Evaluator, node: ast.Compare) -> Value:
    if len(node.ops) != 1:
        return self.unresolved(node)
    left, right = self.value(node.left), self.value(node.comparators[0])
    if isinstance(left, Ref) and left.name == "django.VERSION" and isinstance(right, tuple):
        return isinstance(node.ops[0], ast.Gt | ast.GtE)
    if not (is_resolved(left) and is_resolved(right)) or isinstance(left, Ref | Call):
        return self.unresolved(node)
    compare = _COMPARISONS.get(type(node.ops[0]))
    try:
        return bool(compare(left, right)) if compare else self.unresolved(node)
    except TypeError:
        return self.unresolved(node)


_COMPARISONS: Mapping[type[ast.cmpop], Callable[[Any, Any], Any]] = {
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
    ast.In: lambda left, right: left in right,
    ast.NotIn: lambda left, right: left not in right,
    ast.Is: operator.is_,
    ast.IsNot: operator.is_not,
}


def _bool(self: Evaluator, node: ast.BoolOp) -> Value:
    values = [self.value(each) for each in node.values]
    if not all(isinstance(v, bool | str | int | list | tuple | type(None)) for v in values):
        return self.unresolved(node)
    if isinstance(node.op, ast.And):
        return next((v for v in values if not v), values[-1])
    return next((v for v in values if v), values[-1])


METHODS: Mapping[type[ast.expr], Callable[[Evaluator, Any], Value]] = {
    ast.BinOp: _binary,
    ast.UnaryOp: _unary,
    ast.BoolOp: _bool,
    ast.Compare: _compare,
    ast.IfExp: _conditional,
}
