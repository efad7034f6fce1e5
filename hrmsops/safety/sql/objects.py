"""DROP and everything that is neither a table's definition nor rows."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from hrmsops.safety import effects as e
from hrmsops.safety.schema import Schema
from hrmsops.safety.sql.parsing import Node, last_name, relation, text_of

LOCKS = (
    "",
    "ACCESS SHARE",
    "ROW SHARE",
    "ROW EXCLUSIVE",
    "SHARE UPDATE EXCLUSIVE",
    "SHARE",
    "SHARE ROW EXCLUSIVE",
    "EXCLUSIVE",
    "ACCESS EXCLUSIVE",
)


def drop(fields: Node, schema: Schema) -> Iterator[e.Effect]:
    """DROP TABLE, INDEX, VIEW, …"""
    kind = fields["removeType"].removeprefix("OBJECT_").lower()
    cascades = fields.get("behavior") == "DROP_CASCADE"
    for each in fields.get("objects") or []:
        name = _name(each)
        if kind == "table":
            yield e.DropTable(name)
        elif kind == "index":
            index = name.rpartition(".")[2]
            table = schema.table_of_index(index)
            yield e.DropIndex(table, index, is_concurrent=bool(fields.get("concurrent")))
        elif kind in ("trigger", "policy", "rule"):
            yield e.ShortLock(
                _table_of(each),
                f"a {kind} is dropped",
                "ACCESS EXCLUSIVE",
                f"what the {kind} did is done no more",
            )
        else:
            yield e.DropObject("", kind, name, cascades)


def _name(node: Node) -> str:
    if "List" in node:
        words = [text_of(each) for each in node["List"]["items"]]
        return ".".join(word for word in words if word != "public")
    if "TypeName" in node:
        return last_name(node["TypeName"].get("names"))
    if "ObjectWithArgs" in node:
        return last_name(node["ObjectWithArgs"].get("objname"))
    return text_of(node)


def _table_of(node: Node) -> str:
    words = [text_of(each) for each in node.get("List", {}).get("items", [])]
    return ".".join(word for word in words[:-1] if word != "public")


def grant(fields: Node, _: Schema) -> Iterator[e.Effect]:
    if fields.get("is_grant"):
        yield e.Harmless("", "a grant")
    elif fields.get("objtype") in NOBODYS and _is_public(fields):
        yield e.Harmless("", "what everybody may do, which PostgreSQL grants to nobody by itself")
    else:
        yield e.ShortLock("", "rights are revoked", "", "a role that works by them is refused")


NOBODYS = ("OBJECT_TABLE", "OBJECT_SEQUENCE", "OBJECT_COLUMN")
"""Kinds on which PUBLIC has no right unless somebody granted it."""


def _is_public(fields: Node) -> bool:
    roles = [each.get("RoleSpec", each) for each in fields.get("grantees") or []]
    return all(each.get("roletype") == "ROLESPEC_PUBLIC" for each in roles)


def drop_owned(_: Node, __: Schema) -> Iterator[e.Effect]:
    yield e.DropObject("", "everything a role owns", "", cascades=True)


def drop_role(fields: Node, _: Schema) -> Iterator[e.Effect]:
    yield e.DropObject("", "role", "")


def drop_database(fields: Node, _: Schema) -> Iterator[e.Effect]:
    yield e.DropObject("", "database", str(fields.get("dbname", "")), cascades=True)


def outside(what: str) -> Callable[[Node, Schema], Iterator[e.Effect]]:
    def read(_: Node, __: Schema) -> Iterator[e.Effect]:
        yield e.NotInTransaction("", what)

    return read


def alter_enum(fields: Node, _: Schema) -> Iterator[e.Effect]:
    name = last_name(fields.get("typeName"))
    how = "rename" if fields.get("oldVal") else "add"
    yield e.AlterEnum("", name, how, str(fields.get("newVal") or ""))


def create_trigger(fields: Node, _: Schema) -> Iterator[e.Effect]:
    yield e.ShortLock(relation(fields.get("relation")), "a trigger is made", "SHARE ROW EXCLUSIVE")


def event_trigger(_: Node, __: Schema) -> Iterator[e.Effect]:
    yield e.ShortLock("", "an event trigger is made", "", "every later migration runs it")


def policy(fields: Node, _: Schema) -> Iterator[e.Effect]:
    table = relation(fields.get("table"))
    yield e.ShortLock(
        table,
        "a policy is made or changed",
        "ACCESS EXCLUSIVE",
        "it decides which rows a role sees",
    )


def rule(fields: Node, _: Schema) -> Iterator[e.Effect]:
    table = relation(fields.get("relation"))
    yield e.ShortLock(
        table, "a rule is made", "ACCESS EXCLUSIVE", "statements on the table mean something else"
    )


def owner(_: Node, __: Schema) -> Iterator[e.Effect]:
    yield e.ShortLock(
        "",
        "the owner of an object is changed",
        "",
        "a role that had its rights as the owner loses them",
    )


def alter_type(_: Node, __: Schema) -> Iterator[e.Effect]:
    yield e.Harmless("", "a type is changed")


def alter_domain(fields: Node, _: Schema) -> Iterator[e.Effect]:
    if fields.get("subtype") in ("C", "O"):
        yield e.ShortLock(
            "",
            "a domain gets a constraint",
            "SHARE",
            "every table that uses it is read, and a bad row fails it",
        )
    else:
        yield e.Harmless("", "a domain is changed")


def refresh(fields: Node, _: Schema) -> Iterator[e.Effect]:
    view = relation(fields.get("relation"))
    if fields.get("concurrent"):
        yield e.Harmless(view, "a materialized view is refreshed beside its readers")
    else:
        yield e.Rewrite(view, "REFRESH MATERIALIZED VIEW", "ACCESS EXCLUSIVE", "reads")


def lock(fields: Node, _: Schema) -> Iterator[e.Effect]:
    for each in fields.get("relations") or []:
        yield e.LockTable(relation(each), LOCKS[fields.get("mode", 8)])


def vacuum(fields: Node, _: Schema) -> Iterator[e.Effect]:
    options = {each["DefElem"]["defname"] for each in fields.get("options") or []}
    if not fields.get("is_vacuumcmd"):
        yield e.Harmless("", "statistics are gathered")
        return
    targets = [each["VacuumRelation"] for each in fields.get("rels") or []]
    names = [relation(each.get("relation")) for each in targets] or ["every table"]
    yield e.NotInTransaction(names[0], "VACUUM")
    if "full" in options:
        for name in names:
            yield e.Rewrite(name, "VACUUM FULL", "ACCESS EXCLUSIVE", "reads and writes")


def cluster(fields: Node, _: Schema) -> Iterator[e.Effect]:
    table = relation(fields.get("relation")) or "every clustered table"
    yield e.Rewrite(table, "CLUSTER", "ACCESS EXCLUSIVE", "reads and writes")


def reindex(fields: Node, schema: Schema) -> Iterator[e.Effect]:
    options = {each["DefElem"]["defname"] for each in fields.get("params") or []}
    kind = fields["kind"].removeprefix("REINDEX_OBJECT_")
    name = relation(fields.get("relation")) or str(fields.get("name", ""))
    table = schema.table_of_index(name) if kind == "INDEX" else name
    if "concurrently" in options or kind in ("SCHEMA", "SYSTEM", "DATABASE"):
        yield e.NotInTransaction(table, f"REINDEX {'CONCURRENTLY' if options else kind}")
    if "concurrently" not in options:
        yield e.Rewrite(table, f"REINDEX {kind}", "SHARE", "writes, and reads that use the index")


def setting(fields: Node, _: Schema) -> Iterator[e.Effect]:
    values = [each.get("A_Const", {}) for each in fields.get("args") or []]
    texts = [
        str(each.get("sval", {}).get("sval", each.get("ival", {}).get("ival", 0)))
        for each in values
    ]
    yield e.Setting("", fields.get("name", ""), ", ".join(texts), bool(fields.get("is_local")))


def transaction(fields: Node, _: Schema) -> Iterator[e.Effect]:
    words = fields.get("kind", "").removeprefix("TRANS_STMT_")
    yield e.Setting("", f"transaction {words.lower()}", "", is_local=True)
