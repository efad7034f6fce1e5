"""Expressions of a migration to values, as far as that needs no running project."""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping
from typing import Any

from hrmsops.safety.reader import displays, operators
from hrmsops.safety.reader.modules import Module
from hrmsops.safety.reader.naming import Missing, global_value
from hrmsops.safety.reader.values import Function, Ref, Unresolved, Value

DEPTH_MAX = 40
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


def _call(self: Evaluator, node: ast.Call) -> Value:
    from hrmsops.safety.reader.calling import called

    return called(self, node)


def _lambda(self: Evaluator, node: ast.Lambda) -> Value:
    return Function(node, self.module)


_METHODS: Mapping[type[ast.expr], Callable[[Evaluator, Any], Value]] = {
    ast.Name: _name,
    ast.Attribute: _attribute,
    ast.Subscript: _subscript,
    ast.Call: _call,
    ast.Lambda: _lambda,
    **displays.METHODS,
    **operators.METHODS,
}
