"""Values that are written out: lists, dicts, f-strings, and comprehensions over what is known."""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from hrmsops.safety.reader.values import Unresolved, Value

if TYPE_CHECKING:
    from hrmsops.safety.reader.evaluating import Evaluator


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


METHODS: Mapping[type[ast.expr], Callable[[Evaluator, Any], Value]] = {
    ast.List: _list,
    ast.Tuple: _tuple,
    ast.Set: _set,
    ast.Dict: _dict,
    ast.JoinedStr: _joined,
    ast.FormattedValue: _formatted,
    ast.ListComp: _comprehension,
    ast.GeneratorExp: _comprehension,
    ast.SetComp: _comprehension,
}
