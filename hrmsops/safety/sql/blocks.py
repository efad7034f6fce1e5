"""DO blocks and calls: their statements are read, and what is left over needs a trace."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from hrmsops.safety import effects as e
from hrmsops.safety.schema import Schema
from hrmsops.safety.sql import ManyStatements
from hrmsops.safety.sql.parsing import Node, NotSql, function_body, last_name, statements


def do(fields: Node, schema: Schema) -> Iterator[e.Effect]:
    """A DO block: whether its statements run, and how often, only a trace can tell."""
    body = next(
        (
            text["String"]["sval"]
            for each in fields.get("args") or []
            if each["DefElem"]["defname"] == "as" and (text := each["DefElem"].get("arg"))
        ),
        "",
    )
    wrapped = f"CREATE FUNCTION hrmsops_block() RETURNS void AS {quoted(body)} LANGUAGE plpgsql"
    try:
        parsed = function_body(wrapped)
    except NotSql as error:
        yield e.Opaque("", "a DO block", f"PostgreSQL's grammar says: {error}")
        return
    queries: list[str] = []
    dynamic: list[str] = []
    _collect(parsed, queries, dynamic)
    yield ManyStatements("", "a DO block")
    yield from _inner(queries, schema)
    if dynamic:
        yield e.Opaque("", f"a DO block with EXECUTE {dynamic[0]}", "the SQL is made when it runs")
    else:
        yield e.Opaque("", "a DO block", "whether its statements run needs a trace", ("read",))


def quoted(body: str) -> str:
    """Dollar quotes that the body does not hold."""
    tag = "$hrmsops$"
    while tag in body:
        tag = f"{tag[:-1]}x$"
    return f"{tag}{body}{tag}"


def _collect(node: Any, queries: list[str], dynamic: list[str]) -> None:
    if isinstance(node, list):
        for each in node:
            _collect(each, queries, dynamic)
        return
    if not isinstance(node, dict):
        return
    for kind, content in node.items():
        if kind == "PLpgSQL_stmt_execsql":
            queries.append(content["sqlstmt"]["PLpgSQL_expr"]["query"])
        elif kind == "PLpgSQL_stmt_dynexecute":
            _dynamic(content["query"]["PLpgSQL_expr"]["query"], queries, dynamic)
        elif kind == "PLpgSQL_stmt_perform":
            queries.append(content["expr"]["PLpgSQL_expr"]["query"])
        else:
            _collect(content, queries, dynamic)


def _dynamic(expression: str, queries: list[str], dynamic: list[str]) -> None:
    """`EXECUTE 'a constant'` is as good as the statement itself."""
    try:
        found = statements(f"SELECT {expression}")
    except NotSql:
        dynamic.append(expression)
        return
    targets = found[0]["SelectStmt"].get("targetList") or [{}]
    constant = targets[0].get("ResTarget", {}).get("val", {}).get("A_Const", {})
    if "sval" in constant:
        queries.append(constant["sval"]["sval"])
    else:
        dynamic.append(expression)


def _inner(queries: list[str], schema: Schema) -> Iterator[e.Effect]:
    from hrmsops.safety.sql.reading import effects_of_statement

    for query in queries:
        try:
            found = statements(query)
        except NotSql as error:
            yield e.Opaque("", query, f"PostgreSQL's grammar says: {error}")
            continue
        for statement in found:
            yield from effects_of_statement(statement, schema)


def call(fields: Node, _: Schema) -> Iterator[e.Effect]:
    function = fields.get("funccall", {})
    yield e.Opaque(
        "", f"CALL {last_name(function.get('funcname'))}(…)", "the procedure is not here"
    )


def execute(fields: Node, _: Schema) -> Iterator[e.Effect]:
    yield e.Opaque("", f"EXECUTE {fields.get('name', '')}", "the prepared statement is not here")
