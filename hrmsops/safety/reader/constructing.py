"""An instance of a project's own class, by what its `__init__` hands on."""

from __future__ import annotations

import ast
from collections.abc import Mapping

from hrmsops.safety.reader.arguments import arguments_of, bound_parameters
from hrmsops.safety.reader.attributes import ancestry, method
from hrmsops.safety.reader.displays import bound_targets
from hrmsops.safety.reader.evaluating import Evaluator
from hrmsops.safety.reader.values import Call, Class, Function, Ref, Unresolved, Value


def made(
    of: Class, args: tuple[Value, ...], kwargs: Mapping[str, Value], line: int
) -> Call | Unresolved:
    """An instance of a project's class, as a call of the foreign class below it."""
    classes, root = ancestry(of)
    start = method(classes, "__init__")
    if start is not None:
        passed = _passed_to_super(start, args, kwargs)
        if passed is not None:
            args, kwargs = passed
    return Call(root or f"{of.module.dotted}.{of.name}", args, kwargs, line, of.name, of)


def _passed_to_super(
    start: Function, args: tuple[Value, ...], kwargs: Mapping[str, Value]
) -> tuple[tuple[Value, ...], dict[str, Value]] | None:
    """The arguments of `super().__init__(…)` in a class's own `__init__`."""
    scope = bound_parameters(start, (Ref("self"), *args), kwargs)
    if scope is None or isinstance(start.node, ast.Lambda):
        return None
    evaluator = Evaluator(start.module, scope)
    for statement in start.node.body:
        call = statement.value if isinstance(statement, ast.Expr) else None
        if isinstance(statement, ast.Assign):
            _run_assignment(evaluator, statement)
        elif isinstance(statement, ast.Expr | ast.If) and not isinstance(call, ast.Call):
            _run_defaults(evaluator, statement)
        elif isinstance(call, ast.Call) and _is_super_init(call):
            return arguments_of(evaluator, call)
        elif isinstance(call, ast.Call):
            _set_default(evaluator, call)
    return None


def _run_defaults(evaluator: Evaluator, statement: ast.stmt) -> None:
    """`if x is None: x = …`, where the test is known."""
    if not isinstance(statement, ast.If):
        return
    test = evaluator.value(statement.test)
    for inner in statement.body if test is True else statement.orelse:
        if isinstance(inner, ast.Assign):
            _run_assignment(evaluator, inner)


def _set_default(evaluator: Evaluator, call: ast.Call) -> None:
    """`kwargs.setdefault("name", value)`."""
    function = call.func
    if not (isinstance(function, ast.Attribute) and function.attr == "setdefault"):
        return
    base = evaluator.value(function.value)
    args, _ = arguments_of(evaluator, call)
    if isinstance(base, dict) and len(args) == 2:
        base.setdefault(args[0], args[1])


def _run_assignment(evaluator: Evaluator, statement: ast.Assign) -> None:
    """Bind names, or set a key: `kwargs["max_length"] = 3`."""
    value = evaluator.value(statement.value)
    for target in statement.targets:
        if isinstance(target, ast.Subscript):
            base, key = evaluator.value(target.value), evaluator.value(target.slice)
            if isinstance(base, dict) and isinstance(key, str):
                base[key] = value
        else:
            evaluator.scope.update(bound_targets(target, value) or {})


def _is_super_init(call: ast.Call) -> bool:
    function = call.func
    return isinstance(function, ast.Attribute) and function.attr == "__init__"
