"""What a call stands for: data, a computed text, or the result of a small function."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from hrmsops.safety.reader.arguments import arguments_of, bound_parameters
from hrmsops.safety.reader.bodies import body_of, run_body
from hrmsops.safety.reader.constructing import made
from hrmsops.safety.reader.evaluating import Evaluator
from hrmsops.safety.reader.known_calls import KNOWN
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

TEXT_METHODS = frozenset(
    [
        "format",
        "join",
        "strip",
        "lstrip",
        "rstrip",
        "replace",
        "lower",
        "upper",
        "title",
        "split",
        "splitlines",
        "encode",
        "removeprefix",
        "removesuffix",
        "format_map",
    ]
)
READS = frozenset({"read", "read_text", "readlines"})


def called(evaluator: Evaluator, node: ast.Call) -> Value:
    """What the call stands for."""
    if isinstance(node.func, ast.Attribute):
        known = _method_call(evaluator, node, node.func)
        if known is not None:
            return known
    target = evaluator.value(node.func)
    args, kwargs = arguments_of(evaluator, node)
    if isinstance(target, Ref):
        return _of_foreign(evaluator, node, target.name, args, kwargs)
    if isinstance(target, Class):
        return made(target, args, kwargs, node.lineno)
    if isinstance(target, Function):
        return _returned(evaluator, node, target, args, kwargs)
    return evaluator.unresolved(node)


def _method_call(evaluator: Evaluator, node: ast.Call, function: ast.Attribute) -> Value | None:
    """Methods of texts, lists, dicts and paths; None where it is something else."""
    if function.attr in ("__init__",):
        return None
    base = evaluator.value(function.value)
    if isinstance(base, FilePath):
        return _of_path(evaluator, node, base, function.attr)
    if isinstance(base, dict) and function.attr in ("items", "keys", "values", "get"):
        args, _ = arguments_of(evaluator, node)
        found: Any = getattr(base, function.attr)(*args)
        return found if function.attr == "get" else [*found]
    if isinstance(base, str) and function.attr in TEXT_METHODS:
        args, kwargs = arguments_of(evaluator, node)
        if not (is_resolved(list(args)) and is_resolved(kwargs)):
            return evaluator.unresolved(node)
        try:
            return getattr(base, function.attr)(*args, **kwargs)
        except (TypeError, ValueError, LookupError):
            return evaluator.unresolved(node)
    if isinstance(base, bytes) and function.attr == "decode":
        return base.decode("utf-8", errors="replace")
    return None


def _of_path(evaluator: Evaluator, node: ast.Call, base: FilePath, name: str) -> Value:
    if name in READS:
        text = evaluator.module.project.text(Path(base.path))
        return evaluator.unresolved(node) if text is None else text
    if name in ("resolve", "absolute", "open", "expanduser"):
        return base
    args, _ = arguments_of(evaluator, node)
    if name == "joinpath" and all(isinstance(each, str) for each in args):
        return FilePath("/".join([base.path, *args]))
    if name in ("with_name", "with_suffix") and args and isinstance(args[0], str):
        return FilePath(str(getattr(Path(base.path), name)(args[0])))
    return evaluator.unresolved(node)


def _of_foreign(
    evaluator: Evaluator, node: ast.Call, name: str, args: tuple[Value, ...], kwargs: dict[str, Any]
) -> Value:
    if name == "builtins.dict" and not args and "**" not in kwargs:
        return kwargs
    if name == "builtins.super":
        return evaluator.unresolved(node)
    if (compute := KNOWN.get(name)) is not None:
        try:
            value = compute(*args, **kwargs)
        except (TypeError, ValueError):
            value = None
        return value if value is not None else evaluator.unresolved(node)
    return Call(name, args, kwargs, node.lineno)


def _returned(
    evaluator: Evaluator,
    node: ast.Call,
    function: Function,
    args: tuple[Value, ...],
    kwargs: Mapping[str, Value],
) -> Value:
    """What a small function of the project returns: assignments, then one `return`."""
    scope = bound_parameters(function, args, kwargs)
    if scope is None or evaluator.depth > 20:
        return evaluator.unresolved(node)
    inner = Evaluator(function.module, scope, evaluator.depth + 1)
    if isinstance(function.node, ast.Lambda):
        return inner.value(function.node.body)
    found = run_body(inner, body_of(function.node))
    if found is None or isinstance(found, Unresolved):
        return evaluator.unresolved(node)
    return _at_line(found, node.lineno)


def _at_line(value: Value, line: int) -> Value:
    """Operations made by a helper stand where the helper was called."""
    if isinstance(value, Call):
        return Call(value.function, value.args, value.kwargs, line, value.written, value.defined)
    if isinstance(value, list):
        return [_at_line(each, line) for each in value]
    return value
