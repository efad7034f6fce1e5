"""Types as PostgreSQL's grammar names them, and defaults as it parses them."""

from __future__ import annotations

from typing import Any

from hrmsops.safety.columns import VOLATILE
from hrmsops.safety.sql.parsing import Node, last_name

NAMES = {
    "int4": "integer",
    "int8": "bigint",
    "int2": "smallint",
    "float8": "double precision",
    "float4": "real",
    "bool": "boolean",
    "bpchar": "char",
    "serial": "integer",
    "serial4": "integer",
    "bigserial": "bigint",
    "serial8": "bigint",
    "smallserial": "smallint",
}
SERIAL = frozenset({"serial", "serial4", "bigserial", "serial8", "smallserial"})
STABLE = frozenset(
    [
        "now",
        "transaction_timestamp",
        "statement_timestamp",
        "current_user",
        "current_setting",
        "localtimestamp",
        "current_database",
        "session_user",
    ]
)


def type_name(node: Node | None) -> str:
    """A type as text: `varchar(100)`, `numeric(10,2)`, `integer[]`."""
    if not node:
        return ""
    raw = last_name(node.get("names"))
    name = NAMES.get(raw, raw)
    modifiers = [_integer(each) for each in node.get("typmods") or []]
    if modifiers and raw not in ("interval",):
        name = f"{name}({','.join(str(each) for each in modifiers)})"
    return f"{name}[]" if node.get("arrayBounds") else name


def is_serial(node: Node | None) -> bool:
    return bool(node) and last_name((node or {}).get("names")) in SERIAL


def _integer(node: Node) -> Any:
    constant = node.get("A_Const", {})
    return constant.get("ival", {}).get("ival", 0) if "ival" in constant else "?"


def default_kind(node: Any) -> str:
    """`constant`, `stable` or `volatile`; empty for NULL."""
    if isinstance(node, dict) and node.get("A_Const", {}).get("isnull"):
        return ""
    if isinstance(node, dict) and "TypeCast" in node:
        return default_kind(node["TypeCast"].get("arg"))
    functions = set(function_names(node))
    if not functions:
        return "constant"
    if functions & VOLATILE:
        return "volatile"
    return "stable" if functions <= STABLE | {"SQLValueFunction", *IMMUTABLE} else "volatile"


IMMUTABLE = frozenset(
    [
        "lower",
        "upper",
        "concat",
        "coalesce",
        "to_char",
        "make_date",
        "date_trunc",
        "abs",
        "md5",
        "jsonb_build_object",
        "jsonb_build_array",
    ]
)


def function_names(node: Any) -> list[str]:
    """Every function that an expression calls."""
    found: list[str] = []
    if isinstance(node, list):
        for each in node:
            found += function_names(each)
    elif isinstance(node, dict):
        for key, content in node.items():
            if key == "FuncCall":
                found.append(last_name(content.get("funcname")).lower())
            elif key in ("SQLValueFunction", "NextValueExpr"):
                found.append("nextval" if key == "NextValueExpr" else key)
            found += function_names(content)
    return found


def column_names(node: Any) -> list[str]:
    """Every column that an expression mentions."""
    found: list[str] = []
    if isinstance(node, list):
        for each in node:
            found += column_names(each)
    elif isinstance(node, dict):
        if "ColumnRef" in node:
            name = last_name(node["ColumnRef"].get("fields"))
            return [name] if name else []
        for content in node.values():
            found += column_names(content)
    return found
