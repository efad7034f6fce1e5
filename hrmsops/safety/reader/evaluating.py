"""Expressions of a migration to values, as far as that needs no running project."""

from __future__ import annotations

import ast
import operator
from collections.abc import Callable, Mapping
from typing import Any

from hrmsops.safety.reader.modules import Module
from hrmsops.safety.reader.values import (
    Call,
    Class,
    FilePath,
    Function,
    Ref,
    Unresolved,
    Value,
    is_resolved,
)

DEPTH_MAX = 40
BUILTINS = frozenset({"dict", "list", "tuple", "set", "str", "int", "float", "bool", "sorted"})
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
OPERATION_TEXT_MAX = 120


class Evaluator:
    """Values of expressions in one module, with the names of a scope in front of the module's."""

    def __init__(
        self, module: Module, scope: Mapping[str, Value] | None = None, depth: int = 0
    ) -> None:
        self.module = module
        self.scope = dict(scope or {})
        self.depth = depth

    def value(self, node: ast.expr) -> Value:
        """What the expression stands for; an Unresolved where only the project could say."""
        if type(node) is ast.Constant:
            return node.value
        method = _METHODS.get(type(node))
        if method is None or self.depth > DEPTH_MAX:
            return self.unresolved(node)
        self.depth += 1
        try:
            return method(self, node)
        finally:
            self.depth -= 1

    def unresolved(self, node: ast.AST) -> Unresolved:
        """The expression as it is written."""
        text = self.module.written(node)
        if len(text) > OPERATION_TEXT_MAX:
            text = f"{text[:OPERATION_TEXT_MAX]}…"
        return Unresolved(text, getattr(node, "lineno", 0))

    def name(self, name: str) -> Value:
        """What a name stands for here: of the scope, the module, Python, or unknown (None)."""
        if name in self.scope:
            return self.scope[name]
        return global_value(self.module, name, self.depth)

    def inner(self, scope: Mapping[str, Value]) -> Evaluator:
        """The same module with more names."""
        return Evaluator(self.module, {**self.scope, **scope}, self.depth + 1)


class Missing:
    """A name that nothing binds."""


MISSING = Missing()


def global_value(module: Module, name: str, depth: int = 0) -> Value:
    """What a module's name stands for, MISSING where nothing binds it."""
    if name in module.known:
        return module.known[name]
    if name == "__file__":
        return FilePath(str(module.path))
    if name == "__name__":
        return module.dotted
    statements = module.names.get(name)
    if statements is None:
        return _builtin(name) if not module.stars else _starred(module, name, depth)
    module.known[name] = Ref(f"{module.dotted}.{name}")  # A name that needs itself ends here.
    from hrmsops.safety.reader.binding import bound_value

    value = bound_value(module, name, statements, depth)
    module.known[name] = value
    return value


def _builtin(name: str) -> Value:
    import builtins

    return Ref(f"builtins.{name}") if hasattr(builtins, name) else MISSING


def _starred(module: Module, name: str, depth: int) -> Value:
    for statement in module.stars:
        source = module.project.module(module.absolute(statement))
        if source is not None and source is not module:
            found = global_value(source, name, depth + 1)
            if not isinstance(found, Missing):
                return found
    return _builtin(name)


def _name(self: Evaluator, node: ast.Name) -> Value:
    found = self.name(node.id)
    return self.unresolved(node) if isinstance(found, Missing) else found


def _attribute(self: Evaluator, node: ast.Attribute) -> Value:
    from hrmsops.safety.reader.attributes import attribute

    base = self.value(node.value)
    if isinstance(base, Ref) and not base.name.startswith(("django.", "builtins.")):
        source = self.module.project.module(base.name)
        if source is not None and source is not self.module:
            inside = global_value(source, node.attr, self.depth)
            if not isinstance(inside, Missing):
                return inside
    found = attribute(base, node.attr)
    return self.unresolved(node) if isinstance(found, Missing) else found


def _sequence(self: Evaluator, elements: list[ast.expr]) -> list[Value]:
    found: list[Value] = []
    for each in elements:
        if isinstance(each, ast.Starred):
            spread = self.value(each.value)
            found.extend(spread if isinstance(spread, list | tuple) else [self.unresolved(each)])
        else:
            found.append(self.value(each))
    return found


def _list(self: Evaluator, node: ast.List) -> Value:
    return _sequence(self, node.elts)


def _tuple(self: Evaluator, node: ast.Tuple) -> Value:
    return tuple(_sequence(self, node.elts))


def _set(self: Evaluator, node: ast.Set) -> Value:
    elements = _sequence(self, node.elts)
    try:
        return set(elements)
    except TypeError:
        return elements


def _dict(self: Evaluator, node: ast.Dict) -> Value:
    found: dict[Any, Value] = {}
    for key, content in zip(node.keys, node.values, strict=True):
        if key is None:
            spread = self.value(content)
            if not isinstance(spread, dict):
                return self.unresolved(node)
            found.update(spread)
            continue
        name = self.value(key)
        if not _is_hashable(name):
            return self.unresolved(node)
        found[name] = self.value(content)
    return found


def _is_hashable(value: Value) -> bool:
    try:
        hash(value)
    except TypeError:
        return False
    return True


def _joined(self: Evaluator, node: ast.JoinedStr) -> Value:
    parts = [self.value(each) for each in node.values]
    return "".join(parts) if all(isinstance(p, str) for p in parts) else self.unresolved(node)


def _formatted(self: Evaluator, node: ast.FormattedValue) -> Value:
    value = self.value(node.value)
    specification = self.value(node.format_spec) if node.format_spec else ""
    plain = isinstance(value, str | int | float) and isinstance(specification, str)
    if not plain:
        return self.unresolved(node)
    value = repr(value) if node.conversion == ord("r") else value
    try:
        return format(value, specification)
    except ValueError:
        return self.unresolved(node)


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


def _subscript(self: Evaluator, node: ast.Subscript) -> Value:
    base = self.value(node.value)
    if isinstance(node.slice, ast.Slice):
        return self.unresolved(node)
    key = self.value(node.slice)
    if isinstance(base, Ref) and base.name == "django.VERSION":
        return self.unresolved(node)
    if isinstance(base, list | tuple | dict | str):
        try:
            return base[key]
        except (LookupError, TypeError):
            return self.unresolved(node)
    return self.unresolved(node)


def _comprehension(self: Evaluator, node: ast.ListComp | ast.GeneratorExp | ast.SetComp) -> Value:
    scopes: list[dict[str, Value]] = [{}]
    for generator in node.generators:
        grown: list[dict[str, Value]] = []
        for scope in scopes:
            inner = self.inner(scope)
            items = iterated(inner.value(generator.iter))
            if items is None:
                return self.unresolved(node)
            for item in items:
                bound = bound_targets(generator.target, item)
                if bound is None:
                    return self.unresolved(node)
                there = {**scope, **bound}
                tests = [self.inner(there).value(test) for test in generator.ifs]
                if any(isinstance(test, Unresolved) for test in tests):
                    return self.unresolved(node)
                if all(tests):
                    grown.append(there)
        scopes = grown
    return [self.inner(scope).value(node.elt) for scope in scopes]


def iterated(value: Value) -> list[Value] | None:
    """The items of what is looped over; None where they are not known."""
    if isinstance(value, list | tuple):
        return list(value)
    if isinstance(value, dict | set):
        return list(value)
    return None


def bound_targets(target: ast.expr, value: Value) -> dict[str, Value] | None:
    """The names that an assignment binds; None where the value does not fit."""
    if isinstance(target, ast.Name):
        return {target.id: value}
    if isinstance(target, ast.Tuple | ast.List) and isinstance(value, list | tuple):
        if len(target.elts) != len(value):
            return None
        found: dict[str, Value] = {}
        for part, content in zip(target.elts, value, strict=True):
            bound = bound_targets(part, content)
            if bound is None:
                return None
            found.update(bound)
        return found
    return None


def _call(self: Evaluator, node: ast.Call) -> Value:
    from hrmsops.safety.reader.calling import called

    return called(self, node)


def _lambda(self: Evaluator, node: ast.Lambda) -> Value:
    return Function(node, self.module)


def _bool(self: Evaluator, node: ast.BoolOp) -> Value:
    values = [self.value(each) for each in node.values]
    if not all(isinstance(v, bool | str | int | list | tuple | type(None)) for v in values):
        return self.unresolved(node)
    if isinstance(node.op, ast.And):
        return next((v for v in values if not v), values[-1])
    return next((v for v in values if v), values[-1])


_METHODS: Mapping[type[ast.expr], Callable[[Evaluator, Any], Value]] = {
    ast.Name: _name,
    ast.Attribute: _attribute,
    ast.List: _list,
    ast.Tuple: _tuple,
    ast.Set: _set,
    ast.Dict: _dict,
    ast.JoinedStr: _joined,
    ast.FormattedValue: _formatted,
    ast.BinOp: _binary,
    ast.UnaryOp: _unary,
    ast.IfExp: _conditional,
    ast.Compare: _compare,
    ast.Subscript: _subscript,
    ast.ListComp: _comprehension,
    ast.GeneratorExp: _comprehension,
    ast.SetComp: _comprehension,
    ast.Call: _call,
    ast.Lambda: _lambda,
    ast.BoolOp: _bool,
}

__all__ = ["BUILTINS", "MISSING", "Class", "Evaluator", "Missing", "global_value"]
