"""What is given in a call, and the parameters that it becomes."""

from __future__ import annotations

import ast
from collections.abc import Mapping

from hrmsops.safety.reader.evaluating import Evaluator
from hrmsops.safety.reader.values import Function, Value


def bound_parameters(
    function: Function, args: tuple[Value, ...], kwargs: Mapping[str, Value]
) -> dict[str, Value] | None:
    """The names of a function's parameters with what was given for them; None where it misfits."""
    spec = function.node.args
    names = [each.arg for each in (*spec.posonlyargs, *spec.args)]
    scope: dict[str, Value] = dict(zip(names, args, strict=False))
    if spec.vararg:
        scope[spec.vararg.arg] = tuple(args[len(names) :])
    elif len(args) > len(names):
        return None
    keyword_names = {*names, *(each.arg for each in spec.kwonlyargs)}
    scope.update({key: value for key, value in kwargs.items() if key in keyword_names})
    if spec.kwarg:
        scope[spec.kwarg.arg] = {k: v for k, v in kwargs.items() if k not in keyword_names}
    _fill_defaults(function, scope, names)
    return scope


def _fill_defaults(function: Function, scope: dict[str, Value], names: list[str]) -> None:
    spec, evaluator = function.node.args, Evaluator(function.module)
    for name, default in zip(reversed(names), reversed(spec.defaults), strict=False):
        if name not in scope:
            scope[name] = evaluator.value(default)
    for each, otherwise in zip(spec.kwonlyargs, spec.kw_defaults, strict=True):
        if each.arg not in scope and otherwise is not None:
            scope[each.arg] = evaluator.value(otherwise)


def arguments_of(
    evaluator: Evaluator, node: ast.Call
) -> tuple[tuple[Value, ...], dict[str, Value]]:
    """The values of a call's arguments; what `**` spreads and is not known stands under "**"."""
    args: list[Value] = []
    for each in node.args:
        if isinstance(each, ast.Starred):
            spread = evaluator.value(each.value)
            args.extend(spread if isinstance(spread, list | tuple) else [spread])
        else:
            args.append(evaluator.value(each))
    kwargs: dict[str, Value] = {}
    for keyword in node.keywords:
        content = evaluator.value(keyword.value)
        if keyword.arg:
            kwargs[keyword.arg] = content
        elif isinstance(content, dict):
            kwargs.update({str(key): each for key, each in content.items()})
        else:
            kwargs["**"] = content
    return tuple(args), kwargs
