"""Statements that write rows, and how many of them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from hrmsops.safety import effects as e
from hrmsops.safety.schema import Schema
from hrmsops.safety.sql.parsing import Node, last_name, only, relation, text_of
from hrmsops.safety.sql.types import column_names, function_names

KEYS = frozenset({"id", "pk"})


def update(fields: Node, schema: Schema) -> Iterator[e.Effect]:
    yield from _with(fields, schema)
    table = relation(fields.get("relation"))
    columns = tuple(each["ResTarget"]["name"] for each in fields.get("targetList") or [])
    yield e.WriteRows(table, "update", scope_of(fields.get("whereClause"), table, schema), columns)


def delete(fields: Node, schema: Schema) -> Iterator[e.Effect]:
    yield from _with(fields, schema)
    table = relation(fields.get("relation"))
    yield e.WriteRows(table, "delete", scope_of(fields.get("whereClause"), table, schema))


def _with(fields: Node, schema: Schema) -> Iterator[e.Effect]:
    """A WITH may hold statements that write, too."""
    from hrmsops.safety.sql.reading import READERS

    for each in (fields.get("withClause") or {}).get("ctes") or []:
        kind, inner = only(each["CommonTableExpr"]["ctequery"])
        if kind in ("UpdateStmt", "DeleteStmt", "InsertStmt", "MergeStmt"):
            yield from READERS[kind](inner, schema)


def scope_of(where: Any, table: str, schema: Schema) -> str:
    """How many rows a condition lets through: all, some, a window of keys, few, or one."""
    if where is None or _is_always_true(where):
        return "all"
    conditions = _conjuncts(where)
    if any(_names_few(each) for each in conditions):
        return "few"
    if any(_picks_batch(each) for each in conditions):
        return "window"
    if _is_window(conditions):
        return "window"
    known = schema.table(table)
    unique = known.unique_columns() | {(name,) for name in KEYS}
    fixed = {name for each in conditions if (name := _fixed_column(each))}
    if any(set(group) <= fixed for group in unique if group):
        return "one"
    return "some"


def _is_always_true(where: Any) -> bool:
    if where.get("A_Const", {}).get("boolval", {}).get("boolval"):
        return True
    comparison = where.get("A_Expr", {})
    sides = [comparison.get("lexpr", {}), comparison.get("rexpr", {})]
    return text_of((comparison.get("name") or [None])[0]) == "=" and all(
        "A_Const" in side for side in sides
    )


def _conjuncts(where: Any) -> list[Node]:
    inner = where.get("BoolExpr", {})
    if inner.get("boolop") == "AND_EXPR":
        return [each for part in inner["args"] for each in _conjuncts(part)]
    return [where]


def _is_window(conditions: list[Node]) -> bool:
    """`id > … AND id <= …`."""
    signs: set[str] = set()
    for each in conditions:
        comparison = each.get("A_Expr", {})
        names = column_names(comparison.get("lexpr"))
        if names and names[0] in KEYS:
            signs.add(text_of((comparison.get("name") or [None])[0])[:1])
    return {"<", ">"} <= signs


def _names_few(condition: Node) -> bool:
    """Keys that are written down one by one."""
    comparison = condition.get("A_Expr", {})
    names = column_names(comparison.get("lexpr"))
    is_key = bool(names) and names[0] in KEYS
    is_listed = comparison.get("kind") in ("AEXPR_IN", "AEXPR_OP_ANY")
    return is_key and is_listed and "SubLink" not in (comparison.get("rexpr") or {})


def _picks_batch(condition: Node) -> bool:
    """Keys between two constants, keys in a list, keys or ctids of a query with a LIMIT."""
    link = condition.get("SubLink")
    if link:
        query = link.get("subselect", {}).get("SelectStmt", {})
        return bool(query.get("limitCount")) or _reads_bounded(query)
    comparison = condition.get("A_Expr", {})
    names = column_names(comparison.get("lexpr"))
    is_key = bool(names) and (names[0] in KEYS or names[0] == "ctid")
    if comparison.get("kind") == "AEXPR_BETWEEN":
        return is_key
    query = (
        comparison.get("rexpr", {}).get("SubLink", {}).get("subselect", {}).get("SelectStmt", {})
    )
    return bool(query.get("limitCount"))


def _reads_bounded(query: Node) -> bool:
    """Whether it selects from a WITH or a sub-select that has a LIMIT."""
    inner = [
        each["CommonTableExpr"]["ctequery"].get("SelectStmt", {})
        for each in (query.get("withClause") or {}).get("ctes") or []
    ]
    return any(each.get("limitCount") for each in inner)


def _fixed_column(condition: Node) -> str:
    """The column of `column = constant`, or of `column IN (constants)`."""
    comparison = condition.get("A_Expr", {})
    operator = text_of((comparison.get("name") or [None])[0])
    names = column_names(comparison.get("lexpr"))
    if operator != "=" or not names or column_names(comparison.get("rexpr")):
        return ""
    is_query = "SubLink" in (comparison.get("rexpr") or {})
    if is_query or comparison.get("kind") not in ("AEXPR_OP", "AEXPR_IN"):
        return ""
    return names[0]


def insert(fields: Node, schema: Schema) -> Iterator[e.Effect]:
    yield from _with(fields, schema)
    table = relation(fields.get("relation"))
    query = (fields.get("selectStmt") or {}).get("SelectStmt", {})
    source = _source(query)
    scope = "few"
    if source:
        limited = bool(query.get("limitCount"))
        scope = "window" if limited else scope_of(query.get("whereClause"), source, schema)
    elif "generate_series" in function_names(query):
        scope = "some"
    yield e.WriteRows(table, "insert", scope, source=source)


def _source(query: Node) -> str:
    for each in query.get("fromClause") or []:
        kind, inner = only(each)
        if kind == "RangeVar":
            return relation(inner)
        if kind == "JoinExpr":
            left_kind, left = only(inner["larg"])
            return relation(left) if left_kind == "RangeVar" else "a query"
    return ""


def merge(fields: Node, _: Schema) -> Iterator[e.Effect]:
    yield e.WriteRows(relation(fields.get("relation")), "update", "some")


def copy(fields: Node, _: Schema) -> Iterator[e.Effect]:
    if fields.get("is_from"):
        yield e.WriteRows(relation(fields.get("relation")), "insert", "some")
    else:
        yield e.Harmless("", "rows are read")


def truncate(fields: Node, _: Schema) -> Iterator[e.Effect]:
    for each in fields.get("relations") or []:
        yield e.Truncate(relation(each), cascades=fields.get("behavior") == "DROP_CASCADE")


HARMLESS = frozenset(
    [
        "setval",
        "nextval",
        "currval",
        "set_config",
        "pg_sleep",
        "count",
        "now",
        "version",
        "current_setting",
        "exists",
        "max",
        "min",
        "coalesce",
        "pg_get_serial_sequence",
        "pg_advisory_lock",
        "pg_advisory_xact_lock",
        "pg_advisory_unlock",
        "pg_try_advisory_lock",
        "sum",
        "avg",
        "lower",
        "upper",
        "to_regclass",
        "generate_series",
        "unnest",
        "array_agg",
        "string_agg",
        "json_agg",
        "jsonb_agg",
        "row_number",
        "pg_notify",
        "pg_relation_size",
        "obj_description",
        "pg_total_relation_size",
        "gen_random_uuid",
        "format",
        "quote_ident",
        "concat",
        "length",
    ]
)


def select(fields: Node, schema: Schema) -> Iterator[e.Effect]:
    """A SELECT is harmless unless it calls a function that nobody here can read."""
    yield from _with(fields, schema)
    unknown = sorted({*function_names(fields)} - HARMLESS - {"SQLValueFunction"})
    if fields.get("intoClause"):
        yield e.CreateTable(relation(fields["intoClause"]["rel"]), copies="a query")
    elif unknown and not fields.get("fromClause"):
        yield e.Opaque("", f"SELECT {unknown[0]}(…)", "what the function does is not here")
    else:
        yield e.Harmless("", "rows are read")


__all__ = ["last_name"]
