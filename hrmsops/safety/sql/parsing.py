"""The one place that knows the parser: `pgparse`, PostgreSQL's grammar as a library."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

Node = dict[str, Any]
PLACEHOLDER = re.compile(r"%\(\w+\)s")


class NotSql(Exception):
    """The grammar refused the text, with its own words."""


def statements(text: str) -> list[Node]:
    """The statements of a text, each as `{"AlterTableStmt": {…}}`."""
    import pgparse

    try:
        found: list[Any] = pgparse.parse(PLACEHOLDER.sub("NULL", text))
    except pgparse.PGQueryError as error:
        raise NotSql(str(error)) from error
    return [each["stmt"] for each in found if each.get("stmt")]


def function_body(text: str) -> Any:
    """The statements of a PL/pgSQL block, as the parser of PL/pgSQL sees them."""
    import pgparse

    try:
        return pgparse.parse_pgsql(text)
    except pgparse.PGQueryError as error:
        raise NotSql(str(error)) from error


def only(node: Node) -> tuple[str, Node]:
    """The kind of a node and its fields."""
    ((kind, fields),) = node.items()
    return kind, fields


def text_of(node: Node | None) -> str:
    """The text of a String node."""
    return str(node["String"]["sval"]) if node and "String" in node else ""


def last_name(names: list[Node] | None) -> str:
    """The last word of a dotted name."""
    return text_of(names[-1]) if names else ""


def relation(fields: Node | None) -> str:
    """The table that a RangeVar names, with its schema where that is not `public`."""
    if not fields:
        return ""
    inner = fields.get("RangeVar", fields)
    schema, name = inner.get("schemaname", ""), inner.get("relname", "")
    return f"{schema}.{name}" if schema not in ("", "public") else str(name)


def constants(node: Any) -> Iterator[str]:
    """Every text constant below a node."""
    if isinstance(node, dict):
        inner = node.get("A_Const", {}).get("sval", {}).get("sval")
        if isinstance(inner, str):
            yield inner
        for each in node.values():
            yield from constants(each)
    elif isinstance(node, list):
        for each in node:
            yield from constants(each)
