"""Which tables a role may read: those of an extension often belong to somebody else."""

from __future__ import annotations

from hrmsops.postgres.catalog import TableName
from hrmsops.postgres.differences import Snapshot


def unreadable(seen: Snapshot) -> frozenset[TableName]:
    """The tables of a catalog that this session may not read."""
    names = list(seen.catalog.tables)
    rows = seen.session.execute(
        "SELECT s, n FROM unnest(%s::text[], %s::text[]) AS asked(s, n)"
        " WHERE NOT has_table_privilege(format('%%I.%%I', s, n), 'SELECT')",
        [[name.schema for name in names], [name.name for name in names]],
    )
    return frozenset(TableName(schema, name) for schema, name in rows)
