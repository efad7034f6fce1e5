"""What a name stands for after the statements that bind it."""

from __future__ import annotations

import ast

from hrmsops.safety.reader.displays import bound_targets, iterated
from hrmsops.safety.reader.evaluating import Evaluator
from hrmsops.safety.reader.modules import Module
from hrmsops.safety.reader.naming import MISSING, Missing, global_value
from hrmsops.safety.reader.values import Class, Function, Ref, Unresolved, Value

LOOP_MAX = 2_000


def bound_value(module: Module, name: str, statements: list[ast.stmt], depth: int) -> Value:
    """The value after all of them, in order."""
    value: Value = MISSING
    for statement in statements:
        evaluator = Evaluator(module, {} if isinstance(value, Missing) else {name: value}, depth)
        value = value_of_statement(evaluator, name, statement, value)
    return value


def value_of_statement(
    evaluator: Evaluator, name: str, statement: ast.stmt, before: Value
) -> Value:
    """What the name stands for after one statement."""
    if isinstance(statement, ast.Import | ast.ImportFrom):
        return _imported(evaluator.module, name, statement)
    if isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef):
        return Function(statement, evaluator.module)
    if isinstance(statement, ast.ClassDef):
        return Class(statement, evaluator.module)
    if isinstance(statement, ast.Assign | ast.AnnAssign | ast.AugAssign):
        return _set(evaluator, name, statement, before)
    if isinstance(statement, ast.With):
        return _opened(evaluator, name, statement)
    if isinstance(statement, ast.Expr | ast.For):
        return grown(evaluator, name, statement, before)
    return evaluator.unresolved(statement)


def _set(
    evaluator: Evaluator,
    name: str,
    statement: ast.Assign | ast.AnnAssign | ast.AugAssign,
    before: Value,
) -> Value:
    if isinstance(statement, ast.Assign):
        return _assigned(evaluator, name, statement)
    if isinstance(statement, ast.AugAssign):
        return _augmented(evaluator, statement, before)
    return evaluator.value(statement.value) if statement.value else before


def _imported(module: Module, name: str, statement: ast.Import | ast.ImportFrom) -> Value:
    if isinstance(statement, ast.Import):
        for alias in statement.names:
            if name in (alias.asname, alias.name.partition(".")[0]):
                return Ref(alias.name if alias.asname else name)
        return MISSING
    source = module.absolute(statement)
    original = next(
        (alias.name for alias in statement.names if name in (alias.asname, alias.name)), name
    )
    if source.startswith("django."):
        return Ref(f"{source}.{original}")
    found = module.project.module(source)
    if found is not None and found is not module:
        value = global_value(found, original)
        if not isinstance(value, Missing):
            return value
    return Ref(f"{source}.{original}")


def _assigned(evaluator: Evaluator, name: str, statement: ast.Assign) -> Value:
    value = evaluator.value(statement.value)
    for target in statement.targets:
        bound = bound_targets(target, value)
        if bound and name in bound:
            return bound[name]
    return evaluator.unresolved(statement.value)


def _augmented(evaluator: Evaluator, statement: ast.AugAssign, before: Value) -> Value:
    more = evaluator.value(statement.value)
    if isinstance(before, list) and isinstance(more, list | tuple):
        return [*before, *more]
    try:
        return before + more if isinstance(statement.op, ast.Add) else _lost(evaluator, statement)
    except TypeError:
        if isinstance(before, list):
            return [*before, evaluator.unresolved(statement.value)]
        return _lost(evaluator, statement)


def _lost(evaluator: Evaluator, statement: ast.AugAssign) -> Unresolved:
    return evaluator.unresolved(statement)


def _opened(evaluator: Evaluator, name: str, statement: ast.With) -> Value:
    for item in statement.items:
        target = item.optional_vars
        if isinstance(target, ast.Name) and target.id == name:
            return evaluator.value(item.context_expr)
    return MISSING


def grown(evaluator: Evaluator, name: str, statement: ast.stmt, before: Value) -> Value:
    """A list after `append`, `extend` or `insert`, also in a loop over something known."""
    if not isinstance(before, list):
        return before
    if isinstance(statement, ast.For):
        return _grown_in_loop(evaluator, name, statement, before)
    call = statement.value if isinstance(statement, ast.Expr) else None
    if not (isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute) and call.args):
        return before
    if not (isinstance(call.func.value, ast.Name) and call.func.value.id == name):
        return before
    more = evaluator.value(call.args[-1])
    if call.func.attr == "extend":
        return [*before, *(more if isinstance(more, list | tuple) else [more])]
    return [more, *before] if call.func.attr == "insert" else [*before, more]


def _grown_in_loop(evaluator: Evaluator, name: str, loop: ast.For, before: list[Value]) -> Value:
    items = iterated(evaluator.value(loop.iter))
    if items is None or len(items) > LOOP_MAX:
        return [*before, evaluator.unresolved(loop)]
    value: Value = before
    for item in items:
        scope = bound_targets(loop.target, item) or {}
        for statement in loop.body:
            inner = evaluator.inner({**scope, name: value})
            if isinstance(statement, ast.Assign):
                for target in statement.targets:
                    scope.update(bound_targets(target, inner.value(statement.value)) or {})
            elif isinstance(statement, ast.Expr | ast.For):
                value = grown(inner, name, statement, value)
    return value
