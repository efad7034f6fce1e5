"""Columns and constraints as they are declared."""

from __future__ import annotations

from typing import Any

from hrmsops.safety import effects as e
from hrmsops.safety.sql.parsing import Node, relation, text_of
from hrmsops.safety.sql.types import column_names, default_kind, is_serial, type_name

KINDS = {
    "CONSTR_CHECK": "check",
    "CONSTR_UNIQUE": "unique",
    "CONSTR_PRIMARY": "primary",
    "CONSTR_EXCLUSION": "exclude",
    "CONSTR_FOREIGN": "foreign",
    "CONSTR_NOTNULL": "not-null",
}


def column_from(definition: Node) -> tuple[e.Column, list[Node]]:
    """A column of a definition, and the constraints in it that stand for themselves."""
    constraints = [each["Constraint"] for each in definition.get("constraints") or []]
    kinds = {each["contype"] for each in constraints}
    default = next((each for each in constraints if each["contype"] == "CONSTR_DEFAULT"), None)
    is_serial_type = is_serial(definition.get("typeName"))
    kept = [
        each
        for each in constraints
        if each["contype"] in KINDS and each["contype"] != "CONSTR_NOTNULL"
    ]
    column = e.Column(
        name=definition.get("colname", ""),
        type=type_name(definition.get("typeName")),
        not_null=bool({"CONSTR_NOTNULL", "CONSTR_PRIMARY"} & kinds) or is_serial_type,
        default="volatile"
        if is_serial_type
        else default_kind(default["raw_expr"])
        if default
        else "",
        generated="stored" if "CONSTR_GENERATED" in kinds else "",
        is_identity="CONSTR_IDENTITY" in kinds,
    )
    return column, kept


def constraint(
    table: str, fields: Node, own: tuple[str, ...] = (), hidden_in: str = ""
) -> e.AddConstraint:
    """The effect of a constraint, within a column's definition or by itself."""
    kind = KINDS[fields["contype"]]
    keys = fields.get("keys") or fields.get("fk_attrs") or []
    columns = tuple(text_of(each) for each in keys) or own
    proves = ""
    if kind == "check":
        proves = _proves_not_null(fields.get("raw_expr"))
        columns = columns or tuple(dict.fromkeys(column_names(fields.get("raw_expr"))))
    if kind == "not-null":
        proves = columns[0] if columns else ""
    return e.AddConstraint(
        table,
        fields.get("conname", ""),
        kind,
        columns,
        target=relation(fields.get("pktable")),
        is_valid=not fields.get("skip_validation"),
        uses_index=fields.get("indexname", ""),
        proves_not_null=proves,
        hidden_in=hidden_in,
        is_deferrable=bool(fields.get("initdeferred")),
    )


def _proves_not_null(node: Any) -> str:
    if isinstance(node, dict) and "NullTest" in node:
        test = node["NullTest"]
        if test.get("nulltesttype") == "IS_NOT_NULL":
            names = column_names(test.get("arg"))
            return names[0] if names else ""
    if isinstance(node, dict) and node.get("BoolExpr", {}).get("boolop") == "AND_EXPR":
        return next(filter(None, map(_proves_not_null, node["BoolExpr"]["args"])), "")
    return ""
