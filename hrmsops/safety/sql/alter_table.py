"""ALTER TABLE, command by command."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from hrmsops.safety import effects as e
from hrmsops.safety.schema import Schema
from hrmsops.safety.sql.constraints import KINDS, column_from, constraint
from hrmsops.safety.sql.parsing import Node, relation
from hrmsops.safety.sql.types import default_kind, type_name


def alter(fields: Node, schema: Schema) -> Iterator[e.Effect]:
    """ALTER TABLE (also of an index, a view or a sequence)."""
    kind = fields.get("objtype", "OBJECT_TABLE")
    table = relation(fields.get("relation"))
    if kind not in ("OBJECT_TABLE", "OBJECT_FOREIGN_TABLE"):
        moves = any(
            each["AlterTableCmd"]["subtype"] == "AT_SetTableSpace" for each in fields["cmds"]
        )
        if kind == "OBJECT_INDEX" and moves:
            on = schema.table_of_index(table)
            yield e.Rewrite(on, "SET TABLESPACE", "ACCESS EXCLUSIVE", "reads and writes")
        elif kind == "OBJECT_INDEX":
            yield e.Harmless("", "an index is changed")
        else:
            yield e.ShortLock(table, f"a {kind[7:].lower()} is changed", "ACCESS EXCLUSIVE")
        return
    for each in fields.get("cmds") or []:
        command = each["AlterTableCmd"]
        read = COMMANDS.get(command["subtype"])
        if read is None:
            words = command["subtype"].removeprefix("AT_")
            yield e.Opaque(table, f"ALTER TABLE … {words}", "no rule reads it")
            continue
        for effect in read(table, command, schema):
            yield effect
            schema = schema.after(effect)


def _add_column(table: str, command: Node, schema: Schema) -> Iterator[e.Effect]:
    column, constraints = column_from(command["def"]["ColumnDef"])
    if command.get("missing_ok") and column.name in schema.table(table).columns:
        yield e.Harmless(table, "the column is there")
        return
    is_unique = any(each["contype"] in ("CONSTR_UNIQUE", "CONSTR_PRIMARY") for each in constraints)
    if column.default == "volatile" or column.is_identity:
        column = e.Column(
            column.name,
            column.type,
            column.not_null,
            "volatile",
            column.generated,
            column.is_identity,
        )
    yield e.AddColumn(table, column, is_unique=is_unique)
    for each in constraints:
        yield constraint(table, each, (column.name,), hidden_in=column.name)


def _add_constraint(table: str, command: Node, _: Schema) -> Iterator[e.Effect]:
    fields = command["def"]["Constraint"]
    if fields["contype"] not in KINDS:
        yield e.Opaque(table, "a constraint", f"its kind is {fields['contype']}")
        return
    yield constraint(table, fields)


def _alter_type(table: str, command: Node, schema: Schema) -> Iterator[e.Effect]:
    definition = command["def"]["ColumnDef"]
    known = schema.table(table).columns.get(command["name"])
    has_using = bool(definition.get("raw_default"))
    new = type_name(definition.get("typeName"))
    yield e.AlterType(table, command["name"], known.type if known else "", new, has_using)


def _default(table: str, command: Node, _: Schema) -> Iterator[e.Effect]:
    kind = default_kind(command["def"]) if command.get("def") else ""
    if kind:
        yield e.SetDefault(table, command["name"], kind)
    else:
        yield e.DropDefault(table, command["name"])


def _drop_constraint(table: str, command: Node, schema: Schema) -> Iterator[e.Effect]:
    name = command["name"]
    known = [each for each in schema.table(table).constraints if each.name == name]
    kind = known[0].kind if known else _guessed_kind(name)
    yield e.DropConstraint(table, name, kind, known[0].columns if known else ())


def _guessed_kind(name: str) -> str:
    """By the endings that PostgreSQL and Django give to names."""
    endings = {"_key": "unique", "_uniq": "unique", "_pkey": "primary", "_check": "check"}
    found = next((kind for ending, kind in endings.items() if name.endswith(ending)), "")
    return found or ("foreign" if "_fk" in name else "")


def _effect(
    make: Callable[[str, Node], e.Effect],
) -> Callable[[str, Node, Schema], Iterator[e.Effect]]:
    def read(table: str, command: Node, _: Schema) -> Iterator[e.Effect]:
        yield make(table, command)

    return read


def _harmless(what: str) -> Callable[[str, Node, Schema], Iterator[e.Effect]]:
    return _effect(lambda table, _: e.Harmless(table, what))


def _short(how: str, risk: str = "", lock: str = "SHARE ROW EXCLUSIVE") -> Any:
    return _effect(lambda table, _: e.ShortLock(table, how, lock, risk))


def _rewrite(how: str) -> Any:
    return _effect(lambda table, _: e.Rewrite(table, how, "ACCESS EXCLUSIVE", "reads and writes"))


def _set_identity(table: str, command: Node, _: Schema) -> Iterator[e.Effect]:
    options = command["def"]["List"]["items"]
    if any(each["DefElem"]["defname"] == "restart" for each in options):
        risk = "an INSERT fails where a row has the number that it is given"
        yield e.ShortLock(table, "an identity is restarted", "ACCESS EXCLUSIVE", risk)
    else:
        yield e.Harmless(table, "an identity is changed")


Command = Callable[[str, Node, Schema], Iterator[e.Effect]]


COMMANDS: Mapping[str, Command] = {
    "AT_AddColumn": _add_column,
    "AT_DropColumn": _effect(lambda table, command: e.DropColumn(table, command["name"])),
    "AT_AlterColumnType": _alter_type,
    "AT_SetNotNull": _effect(lambda table, command: e.SetNotNull(table, command["name"])),
    "AT_DropNotNull": _effect(lambda table, command: e.DropNotNull(table, command["name"])),
    "AT_ColumnDefault": _default,
    "AT_AddConstraint": _add_constraint,
    "AT_DropConstraint": _drop_constraint,
    "AT_ValidateConstraint": _effect(
        lambda table, command: e.ValidateConstraint(table, command["name"])
    ),
    "AT_AlterConstraint": _short("a constraint is changed", lock="ACCESS EXCLUSIVE"),
    "AT_SetRelOptions": _harmless("storage parameters"),
    "AT_ResetRelOptions": _harmless("storage parameters"),
    "AT_SetStatistics": _harmless("statistics"),
    "AT_SetOptions": _harmless("options of a column"),
    "AT_ResetOptions": _harmless("options of a column"),
    "AT_SetStorage": _harmless("the storage of a column"),
    "AT_SetCompression": _harmless("the compression of a column"),
    "AT_ClusterOn": _harmless("the index to cluster on"),
    "AT_DropCluster": _harmless("the index to cluster on"),
    "AT_ReplicaIdentity": _harmless("the replica identity"),
    "AT_ChangeOwner": _short(
        "the owner is changed",
        "a role that had its rights as the owner loses them",
        "ACCESS EXCLUSIVE",
    ),
    "AT_SetLogged": _rewrite("SET LOGGED"),
    "AT_SetUnLogged": _rewrite("SET UNLOGGED"),
    "AT_SetTableSpace": _rewrite("SET TABLESPACE"),
    "AT_SetAccessMethod": _rewrite("SET ACCESS METHOD"),
    "AT_AddIdentity": _short("an identity is added", lock="ACCESS EXCLUSIVE"),
    "AT_SetIdentity": _set_identity,
    "AT_DropIdentity": _short(
        "an identity is dropped", "an INSERT that leaves the column out fails", "ACCESS EXCLUSIVE"
    ),
    "AT_DropExpression": _short("a generated column becomes a plain one", lock="ACCESS EXCLUSIVE"),
    "AT_EnableTrig": _short("a trigger is switched on"),
    "AT_EnableTrigAll": _short("all triggers are switched on"),
    "AT_EnableTrigUser": _short("triggers are switched on"),
    "AT_EnableAlwaysTrig": _short("a trigger is switched on"),
    "AT_DisableTrig": _short(
        "a trigger is switched off", "what it keeps true is not kept meanwhile"
    ),
    "AT_DisableTrigAll": _short(
        "all triggers are switched off", "foreign keys are not checked meanwhile"
    ),
    "AT_DisableTrigUser": _short(
        "triggers are switched off", "what they keep true is not kept meanwhile"
    ),
    "AT_EnableRowSecurity": _short(
        "row security is switched on", "without a policy a role sees no row", "ACCESS EXCLUSIVE"
    ),
    "AT_DisableRowSecurity": _short("row security is switched off", lock="ACCESS EXCLUSIVE"),
    "AT_ForceRowSecurity": _short(
        "row security is forced", "the owner too sees only what a policy allows", "ACCESS EXCLUSIVE"
    ),
    "AT_NoForceRowSecurity": _short("row security is not forced", lock="ACCESS EXCLUSIVE"),
    "AT_AttachPartition": _short(
        "a partition is attached",
        "without a CHECK that shows its bounds every row of it is read",
        "SHARE UPDATE EXCLUSIVE",
    ),
    "AT_DetachPartition": _effect(
        lambda table, command: e.ShortLock(
            table,
            "a partition is detached",
            "SHARE UPDATE EXCLUSIVE" if _is_concurrent(command) else "ACCESS EXCLUSIVE",
            "" if _is_concurrent(command) else "its rows are no longer found through the table",
        )
    ),
    "AT_AddInherit": _short("inheritance is added", lock="ACCESS EXCLUSIVE"),
    "AT_DropInherit": _short("inheritance is taken away", lock="ACCESS EXCLUSIVE"),
}


def _is_concurrent(command: Node) -> bool:
    return bool(command.get("def", {}).get("PartitionCmd", {}).get("concurrent"))
