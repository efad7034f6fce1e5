"""One statement of PostgreSQL's grammar to its effects."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from hrmsops.safety import effects as e
from hrmsops.safety.schema import Schema
from hrmsops.safety.sql import alter_table, blocks, objects, rows, tables
from hrmsops.safety.sql.parsing import Node, only

Read = Callable[[Node, Schema], Iterator[e.Effect]]


def effects_of_statement(statement: Node, schema: Schema) -> Iterator[e.Effect]:
    """The effects; a kind of statement that nobody thought of is opaque, never passed over."""
    kind, fields = only(statement)
    if kind in HARMLESS:
        yield e.Harmless("", HARMLESS[kind])
        return
    read = READERS.get(kind)
    if read is None:
        words = kind.removesuffix("Stmt")
        yield e.Opaque("", f"a statement of the kind {words}", "no rule reads it")
        return
    yield from read(fields, schema)


HARMLESS: Mapping[str, str] = {
    "CommentStmt": "a comment",
    "GrantRoleStmt": "a grant",
    "AlterDefaultPrivilegesStmt": "default privileges",
    "CreateExtensionStmt": "an extension is made",
    "AlterExtensionStmt": "an extension is changed",
    "CreateSchemaStmt": "a schema is made",
    "CreateEnumStmt": "a type is made",
    "CompositeTypeStmt": "a type is made",
    "CreateRangeStmt": "a type is made",
    "CreateDomainStmt": "a domain is made",
    "DefineStmt": "an aggregate, operator or type is made",
    "CreateSeqStmt": "a sequence is made",
    "AlterSeqStmt": "a sequence is changed",
    "CreateFunctionStmt": "a function is made",
    "CreateStatsStmt": "statistics are made",
    "ExplainStmt": "a plan is shown",
    "VariableShowStmt": "a setting is shown",
    "CreateRoleStmt": "a role is made",
    "AlterRoleStmt": "a role is changed",
    "AlterRoleSetStmt": "a role is changed",
    "AlterFunctionStmt": "a function is changed",
    "CreatePublicationStmt": "a publication is made",
    "AlterPublicationStmt": "a publication is changed",
    "NotifyStmt": "a notification",
    "ListenStmt": "a notification",
    "ConstraintsSetStmt": "constraints are checked now or later",
    "CheckPointStmt": "a checkpoint",
    "DiscardStmt": "a session is cleaned",
    "PrepareStmt": "a statement is prepared",
    "DeallocateStmt": "a statement is let go",
    "AlterObjectDependsStmt": "a dependency is noted",
    "CreateCastStmt": "a cast is made",
    "CreateConversionStmt": "a conversion is made",
    "CreateOpClassStmt": "an operator class is made",
    "CreateOpFamilyStmt": "an operator family is made",
    "CreateAmStmt": "an access method is made",
    "SecLabelStmt": "a label",
    "CreateForeignServerStmt": "a foreign server is made",
    "CreateUserMappingStmt": "a user mapping is made",
    "CreateForeignTableStmt": "a foreign table is made",
    "CreateFdwStmt": "a foreign data wrapper is made",
    "CreateTransformStmt": "a transform is made",
    "CreatePLangStmt": "a language is made",
    "AlterStatsStmt": "statistics are changed",
    "AlterCollationStmt": "a collation is refreshed",
    "AlterTSConfigurationStmt": "a text search configuration is changed",
    "AlterTSDictionaryStmt": "a text search dictionary is changed",
    "CreateSubscriptionStmt": "a subscription is made",
}
READERS: Mapping[str, Read] = {
    "AlterTableStmt": alter_table.alter,
    "RenameStmt": tables.rename,
    "AlterObjectSchemaStmt": tables.move,
    "CreateStmt": tables.create,
    "CreateTableAsStmt": tables.create_as,
    "IndexStmt": tables.index,
    "DropStmt": objects.drop,
    "GrantStmt": objects.grant,
    "ViewStmt": tables.view,
    "DropOwnedStmt": objects.drop_owned,
    "DropRoleStmt": objects.drop_role,
    "DropdbStmt": objects.drop_database,
    "CreatedbStmt": objects.outside("CREATE DATABASE"),
    "AlterSystemStmt": objects.outside("ALTER SYSTEM"),
    "CreateTableSpaceStmt": objects.outside("CREATE TABLESPACE"),
    "AlterEnumStmt": objects.alter_enum,
    "CreateTrigStmt": objects.create_trigger,
    "CreateEventTrigStmt": objects.event_trigger,
    "CreatePolicyStmt": objects.policy,
    "AlterPolicyStmt": objects.policy,
    "RuleStmt": objects.rule,
    "AlterOwnerStmt": objects.owner,
    "AlterTypeStmt": objects.alter_type,
    "AlterDomainStmt": objects.alter_domain,
    "RefreshMatViewStmt": objects.refresh,
    "LockStmt": objects.lock,
    "VacuumStmt": objects.vacuum,
    "ClusterStmt": objects.cluster,
    "ReindexStmt": objects.reindex,
    "TruncateStmt": rows.truncate,
    "UpdateStmt": rows.update,
    "DeleteStmt": rows.delete,
    "InsertStmt": rows.insert,
    "MergeStmt": rows.merge,
    "CopyStmt": rows.copy,
    "SelectStmt": rows.select,
    "VariableSetStmt": objects.setting,
    "TransactionStmt": objects.transaction,
    "DoStmt": blocks.do,
    "CallStmt": blocks.call,
    "ExecuteStmt": blocks.execute,
}

__all__ = ["Any", "effects_of_statement"]
