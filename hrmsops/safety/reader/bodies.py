"""The statements of a small function, run as far as they are known; of a generator too."""

from __future__ import annotations

import ast

from hrmsops.safety.reader.evaluating import Evaluator
from hrmsops.safety.reader.values import Value

PLAIN = (ast.Assign, ast.Expr, ast.For)
"""What can be followed. A test within may leave anything out, and then nothing is said."""
FOUND = "the list of what was yielded"
"""No name of the project can be this."""


def body_of(node: ast.FunctionDef | ast.AsyncFunctionDef) -> list[ast.stmt]:
    """The statements of a function; of a generator, those that collect what it yields."""
    own = [each for statement in node.body for each in ast.walk(statement)]
    if not any(isinstance(each, ast.Yield | ast.YieldFrom) for each in own):
        return node.body
    if not all(isinstance(each, PLAIN) for each in own if isinstance(each, ast.stmt)):
        return []
    empty = ast.Assign([ast.Name(FOUND, ast.Store())], ast.List([], ast.Load()))
    ends = ast.Return(ast.Name(FOUND, ast.Load()))
    body = [empty, *(_collecting(each) for each in node.body), ends]
    return [ast.fix_missing_locations(ast.copy_location(each, node)) for each in body]


def _collecting(statement: ast.stmt) -> ast.stmt:
    """The statement with `append` for `yield` and `extend` for `yield from`."""
    if isinstance(statement, ast.For):
        body = [_collecting(each) for each in statement.body]
        loop = ast.For(statement.target, statement.iter, body, [])
        return ast.copy_location(loop, statement)
    value = statement.value if isinstance(statement, ast.Expr) else None
    if not isinstance(value, ast.Yield | ast.YieldFrom) or value.value is None:
        return statement
    how = "append" if isinstance(value, ast.Yield) else "extend"
    method = ast.Attribute(ast.Name(FOUND, ast.Load()), how, ast.Load())
    return ast.copy_location(ast.Expr(ast.Call(method, [value.value], [])), statement)


def run_body(evaluator: Evaluator, body: list[ast.stmt]) -> Value | None:
    """The value of the first `return` that is reached; None where none is, or it is not known."""
    from hrmsops.safety.reader.binding import value_of_statement
    from hrmsops.safety.reader.modules import bound_names

    for statement in body:
        if isinstance(statement, ast.Return):
            return evaluator.value(statement.value) if statement.value else None
        if isinstance(statement, ast.If | ast.With):
            found = run_body(evaluator, _entered(evaluator, statement))
            if found is not None:
                return found
            continue
        for name in bound_names(statement):
            before = evaluator.scope.get(name)
            evaluator.scope[name] = value_of_statement(evaluator, name, statement, before)
    return None


def _entered(evaluator: Evaluator, statement: ast.If | ast.With) -> list[ast.stmt]:
    """The statements within; of a test that nobody can answer, the way that it guards."""
    if isinstance(statement, ast.With):
        _bind_all(evaluator, statement)
        return statement.body
    test = evaluator.value(statement.test)
    is_known = isinstance(test, bool | int | str | list | type(None))
    return statement.body if test or not is_known else statement.orelse


def _bind_all(evaluator: Evaluator, statement: ast.With) -> None:
    from hrmsops.safety.reader.binding import value_of_statement
    from hrmsops.safety.reader.modules import bound_names

    for name in bound_names(statement):
        evaluator.scope[name] = value_of_statement(evaluator, name, statement, None)
