"""What a call stands for: data, a computed text, or the result of a small function."""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from hrmsops.safety.reader.attributes import ancestry, method
from hrmsops.safety.reader.bodies import body_of, run_body
from hrmsops.safety.reader.evaluating import Evaluator
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
    args, kwargs = _arguments(evaluator, node)
    if isinstance(target, Ref):
        return _of_foreign(evaluator, node, target.name, args, kwargs)
    if isinstance(target, Class):
        return made(target, args, kwargs, node.lineno)
    if isinstance(target, Function):
        return returned(evaluator, node, target, args, kwargs)
    return evaluator.unresolved(node)


def _arguments(evaluator: Evaluator, node: ast.Call) -> tuple[tuple[Value, ...], dict[str, Value]]:
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


def _method_call(evaluator: Evaluator, node: ast.Call, function: ast.Attribute) -> Value | None:
    """Methods of texts, lists, dicts and paths; None where it is something else."""
    if function.attr in ("__init__",):
        return None
    base = evaluator.value(function.value)
    if isinstance(base, FilePath):
        return _of_path(evaluator, node, base, function.attr)
    if isinstance(base, dict) and function.attr in ("items", "keys", "values", "get"):
        args, _ = _arguments(evaluator, node)
        found: Any = getattr(base, function.attr)(*args)
        return found if function.attr == "get" else [*found]
    if isinstance(base, str) and function.attr in TEXT_METHODS:
        args, kwargs = _arguments(evaluator, node)
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
    args, _ = _arguments(evaluator, node)
    if name == "joinpath" and all(isinstance(each, str) for each in args):
        return FilePath("/".join([base.path, *args]))
    if name in ("with_name", "with_suffix") and args and isinstance(args[0], str):
        return FilePath(str(getattr(Path(base.path), name)(args[0])))
    return evaluator.unresolved(node)


def _joined_path(*parts: Value) -> Value:
    head, *rest = parts
    start = head.path if isinstance(head, FilePath) else head
    if not isinstance(start, str) or not all(isinstance(each, str) for each in rest):
        return None
    return FilePath("/".join([start, *rest]))


def _parent(path: Value) -> Value:
    return FilePath(str(Path(path.path).parent)) if isinstance(path, FilePath) else None


def _dedented(text: Value) -> Value:
    import textwrap

    return textwrap.dedent(text) if isinstance(text, str) else None


def _same(value: Value) -> Value:
    return value if isinstance(value, FilePath | str) else None


def _listed(value: Value = ()) -> Value:
    return [*value] if isinstance(value, list | tuple | set | dict) else None


def _numbered(value: Value, start: Value = 0) -> Value:
    return [*enumerate(value, start)] if isinstance(value, list | tuple) else None


def _range(*bounds: Value) -> Value:
    small = all(isinstance(each, int) for each in bounds)
    return [*range(*bounds)][:1000] if small else None


def _zipped(*lists: Value) -> Value:
    known = all(isinstance(each, list | tuple) for each in lists)
    return [*zip(*lists, strict=False)] if known else None


def _text(value: Value = "") -> Value:
    return str(value) if isinstance(value, str | int | float) else None


def _length(value: Value) -> Value:
    return len(value) if isinstance(value, list | tuple | dict | str) else None


def _imported_by_name(name: Value) -> Value:
    """A class by its path; the setting of the keys' class stands for Django's own default."""
    if isinstance(name, Ref) and name.last == "DEFAULT_AUTO_FIELD":
        return Ref("django.db.models.BigAutoField")
    return Ref(name) if isinstance(name, str) else None


KNOWN: Mapping[str, Callable[..., Value]] = {
    "os.path.join": _joined_path,
    "os.path.dirname": _parent,
    "os.path.abspath": _same,
    "os.path.realpath": _same,
    "pathlib.Path": _joined_path,
    "builtins.open": _same,
    "textwrap.dedent": _dedented,
    "inspect.cleandoc": _dedented,
    "builtins.list": _listed,
    "builtins.tuple": _listed,
    "builtins.sorted": lambda value, **_: _listed(value),
    "builtins.reversed": lambda value: _listed(value)[::-1] if _listed(value) else None,
    "builtins.enumerate": _numbered,
    "builtins.range": _range,
    "builtins.zip": _zipped,
    "builtins.str": _text,
    "builtins.len": _length,
    "django.utils.translation.gettext_lazy": lambda text, **_: text,
    "django.utils.translation.gettext": lambda text, **_: text,
    "django.utils.translation.gettext_noop": lambda text, **_: text,
    "django.utils.module_loading.import_string": _imported_by_name,
    "builtins.getattr": lambda _, __, otherwise=None: otherwise,
    "swapper.get_model_name": lambda app, model: f"{app}.{model}",
    "swapper.split": lambda name: tuple(name.split(".")) if isinstance(name, str) else None,
    "django.utils.safestring.mark_safe": lambda text: text,
    "django.utils.translation.pgettext_lazy": lambda _, text: text,
}


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
            run_assignment(evaluator, statement)
        elif isinstance(statement, ast.Expr | ast.If) and not isinstance(call, ast.Call):
            _run_defaults(evaluator, statement)
        elif isinstance(call, ast.Call) and _is_super_init(call):
            return _arguments(evaluator, call)
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
            run_assignment(evaluator, inner)


def _set_default(evaluator: Evaluator, call: ast.Call) -> None:
    """`kwargs.setdefault("name", value)`."""
    function = call.func
    if not (isinstance(function, ast.Attribute) and function.attr == "setdefault"):
        return
    base = evaluator.value(function.value)
    args, _ = _arguments(evaluator, call)
    if isinstance(base, dict) and len(args) == 2:
        base.setdefault(args[0], args[1])


def run_assignment(evaluator: Evaluator, statement: ast.Assign) -> None:
    """Bind names, or set a key: `kwargs["max_length"] = 3`."""
    from hrmsops.safety.reader.evaluating import bound_targets

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


def returned(
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
