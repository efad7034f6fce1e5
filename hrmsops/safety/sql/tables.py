"""CREATE TABLE, CREATE INDEX, CREATE VIEW and the renames."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from hrmsops.safety import effects as e
from hrmsops.safety.schema import Schema
from hrmsops.safety.sql.constraints import KINDS, column_from, constraint
from hrmsops.safety.sql.parsing import Node, only, relation
from hrmsops.safety.sql.types import column_names


def rename(fields: Node, schema: Schema) -> Iterator[e.Effect]:
    """ALTER … RENAME."""
    kind, new = fields["renameType"], fields["newname"]
    table = relation(fields.get("relation"))
    if kind == "OBJECT_COLUMN" and fields.get("relationType") == "OBJECT_TABLE":
        yield e.RenameColumn(table, fields["subname"], new)
    elif kind == "OBJECT_TABLE":
        yield e.RenameTable(table, new)
    elif kind == "OBJECT_INDEX":
        yield e.RenameIndex(schema.table_of_index(table), table, new)
    elif kind == "OBJECT_TABCONSTRAINT":
        yield e.ShortLock(table, "a constraint is renamed", "ACCESS EXCLUSIVE")
    elif kind == "OBJECT_TYPE":
        yield e.ShortLock("", "a type is renamed", "", "code that names the type fails")
    else:
        what = kind.removeprefix("OBJECT_").lower()
        yield e.ShortLock("", f"a {what} is renamed", "", f"code that names the {what} fails")


def move(fields: Node, _: Schema) -> Iterator[e.Effect]:
    """ALTER … SET SCHEMA: the table is found by its old name no more."""
    table = relation(fields.get("relation"))
    if fields.get("objectType") == "OBJECT_TABLE":
        yield e.RenameTable(table, f"{fields.get('newschema', '')}.{table}")
    else:
        yield e.Harmless(table, "an object moves to another schema")


def create(fields: Node, schema: Schema) -> Iterator[e.Effect]:
    """CREATE TABLE; a foreign key in it locks the table that it leads to for a moment."""
    table = relation(fields.get("relation"))
    made: list[e.Column] = []
    like = [relation(each) for each in fields.get("inhRelations") or []]
    constraints: list[e.AddConstraint] = []
    for element in fields.get("tableElts") or []:
        kind, content = only(element)
        if kind == "ColumnDef":
            column, inner = column_from(content)
            made.append(column)
            constraints += [constraint(table, each, (column.name,)) for each in inner]
        elif kind == "Constraint" and content["contype"] in KINDS:
            constraints.append(constraint(table, content))
        elif kind == "TableLikeClause":
            like.append(relation(content.get("relation")))
    if fields.get("partbound") and fields.get("inhRelations"):
        parent = relation(fields["inhRelations"][0])
        yield e.ShortLock(parent, "a partition is made", "ACCESS EXCLUSIVE")
    yield e.CreateTable(
        table, tuple(made), if_not_exists=bool(fields.get("if_not_exists")), like=tuple(like)
    )
    if fields.get("if_not_exists") and schema.find(table):
        return
    yield from constraints


def create_as(fields: Node, _: Schema) -> Iterator[e.Effect]:
    """CREATE TABLE AS, CREATE MATERIALIZED VIEW: rows are read, nobody waits."""
    yield e.CreateTable(relation(fields["into"]["rel"]), copies="a query")


def view(fields: Node, _: Schema) -> Iterator[e.Effect]:
    """CREATE VIEW: from then on the types of the columns that it shows are held."""
    query = fields.get("query")
    columns = {*column_names(query)} | ({"*"} if _has_star(query) else set())
    tables = frozenset(_relations(query))
    yield e.CreateView("", relation(fields.get("view")), tables, frozenset(columns))


def _relations(node: Any) -> Iterator[str]:
    for each in node if isinstance(node, list) else []:
        yield from _relations(each)
    if isinstance(node, dict):
        if "RangeVar" in node:
            yield relation(node)
        for content in node.values():
            yield from _relations(content)


def _has_star(node: Any) -> bool:
    if isinstance(node, list):
        return any(map(_has_star, node))
    return isinstance(node, dict) and ("A_Star" in node or any(map(_has_star, node.values())))


def index(fields: Node, _: Schema) -> Iterator[e.Effect]:
    """CREATE INDEX."""
    elements = [each["IndexElem"] for each in fields.get("indexParams") or []]
    yield e.CreateIndex(
        relation(fields.get("relation")),
        fields.get("idxname", ""),
        tuple(each.get("name", "") for each in elements),
        is_unique=bool(fields.get("unique")),
        is_concurrent=bool(fields.get("concurrent")),
        is_partial=bool(fields.get("whereClause")),
        method=fields.get("accessMethod", "btree"),
        if_not_exists=bool(fields.get("if_not_exists")),
    )
