"""Edits of a call that somebody typed: only what is meant changes."""

from __future__ import annotations

import ast
from collections.abc import Collection, Mapping


def argument(code: str, name: str, position: int) -> str | None:
    """The argument of a call as it is typed; None where it is not given."""
    call = ast.parse(code, mode="eval").body
    if not isinstance(call, ast.Call):
        return None
    for keyword in call.keywords:
        if keyword.arg == name:
            return _segment(code, keyword.value)
    if position < len(call.args):
        return _segment(code, call.args[position])
    return None


def _segment(code: str, node: ast.expr) -> str | None:
    """A part of the code, moved to the left by as much as its first line stands in."""
    found = ast.get_source_segment(code, node)
    if found is None or '"""' in found or "'''" in found:
        return found
    line = code.split("\n")[node.lineno - 1]
    indent = len(line) - len(line.lstrip())
    first, *rest = found.split("\n")
    return "\n".join(
        [first, *(each[min(indent, len(each) - len(each.lstrip())) :] for each in rest)]
    )


def function(code: str) -> str:
    """What is called, as it is typed; empty where the code is no call."""
    call = ast.parse(code, mode="eval").body
    return ast.get_source_segment(code, call.func) or "" if isinstance(call, ast.Call) else ""


def changed_argument(code: str, name: str, position: int, value: str) -> str:
    """The call with one argument replaced, however it is given."""
    call = ast.parse(code, mode="eval").body
    if not isinstance(call, ast.Call):
        return code
    nodes = [each.value for each in call.keywords if each.arg == name]
    nodes += call.args[position : position + 1]
    old = ast.get_source_segment(code, nodes[0]) if nodes else None
    if old is None:
        return code
    lines = code.split("\n")
    before = [*lines[: nodes[0].lineno - 1]]
    before.append(lines[nodes[0].lineno - 1].encode()[: nodes[0].col_offset].decode())
    start = len("\n".join(before))
    return code[:start] + value + code[start + len(old) :]


def changed_call(
    code: str,
    *,
    function: str = "",
    given: Mapping[str, str] | None = None,
    without: Collection[str] = (),
) -> str:
    """The call with another function, with keywords given, and without some of them."""
    import libcst as cst

    call = cst.ensure_type(cst.parse_expression(code), cst.Call)
    rest = {**(given or {})}
    arguments: list[cst.Arg] = []
    for each in call.args:
        name = each.keyword.value if each.keyword else ""
        if name in without:
            continue
        if name in rest:
            each = each.with_changes(value=cst.parse_expression(rest.pop(name)))
        arguments.append(each)
    arguments += _added(arguments, rest)
    if arguments and isinstance(arguments[-1].comma, cst.Comma) and "\n" not in code:
        arguments[-1] = arguments[-1].with_changes(comma=cst.MaybeSentinel.DEFAULT)
    called = cst.parse_expression(function) if function else call.func
    return cst.Module([]).code_for_node(call.with_changes(func=called, args=arguments))


def _added(arguments: list, given: Mapping[str, str]) -> list:  # type: ignore[type-arg]
    """More keywords, typed as those before them are."""
    import libcst as cst

    if not given:
        return []
    comma = cst.Comma(whitespace_after=cst.SimpleWhitespace(" "))
    last = None
    if arguments:
        last = arguments[-1]
        between = arguments[0].comma if len(arguments) > 1 else comma
        if isinstance(between, cst.Comma):
            comma = between
        arguments[-1] = last.with_changes(comma=comma)
    added = [
        cst.Arg(
            value=cst.parse_expression(value),
            keyword=cst.Name(name),
            equal=cst.AssignEqual(cst.SimpleWhitespace(""), cst.SimpleWhitespace("")),
            comma=comma,
        )
        for name, value in given.items()
    ]
    if last is None:
        added[-1] = added[-1].with_changes(comma=cst.MaybeSentinel.DEFAULT)
        return added
    added[-1] = added[-1].with_changes(
        comma=last.comma, whitespace_after_arg=last.whitespace_after_arg
    )
    arguments[-1] = arguments[-1].with_changes(whitespace_after_arg=cst.SimpleWhitespace(""))
    return added
