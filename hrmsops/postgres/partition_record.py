"""What the database remembers of a table that was partitioned: how, from what, and when."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any, LiteralString

import msgspec

from hrmsops.postgres.catalog import TableName

if TYPE_CHECKING:
    from hrmsops.postgres.session import Session

_TABLES: LiteralString = """
    CREATE SCHEMA IF NOT EXISTS hrmsops;
    CREATE TABLE IF NOT EXISTS hrmsops.partitioned (
        schema_name text, table_name text, cut jsonb NOT NULL, before jsonb NOT NULL,
        keeps_old boolean NOT NULL, locked_ms double precision NOT NULL,
        swapped_at timestamptz NOT NULL DEFAULT now(),
        PRIMARY KEY (schema_name, table_name)
    );
    CREATE TABLE IF NOT EXISTS hrmsops.partition_fill (
        run text PRIMARY KEY, last_key jsonb, rows bigint NOT NULL, is_done boolean NOT NULL
    );
"""
_EXISTS: LiteralString = "SELECT to_regclass('hrmsops.partition_fill') IS NOT NULL"
_RECORDED: LiteralString = """
    SELECT cut, before, keeps_old, locked_ms, swapped_at FROM hrmsops.partitioned
    WHERE schema_name = %s AND table_name = %s
"""


class Recorded(msgspec.Struct, frozen=True, kw_only=True):
    """`keeps_old`: the old table is there, and kept the same. `before` describes it as it was."""

    cut: dict[str, Any]
    before: tuple[str, ...]
    keeps_old: bool
    locked_ms: float
    """How long the exclusive lock of the swap was held."""
    swapped_at: datetime


def prepare(session: Session) -> None:
    """Make the tables unless they are there: what is there needs no right to create."""
    if session.execute(_EXISTS).fetchone() != (True,):
        with session.transaction():
            # Two who begin at once would both create the schema.
            session.execute("SELECT pg_advisory_xact_lock(hashtext('hrmsops checkpoints'))")
            session.execute(_TABLES)


def recorded(session: Session, table: TableName) -> Recorded | None:
    """How `table` was partitioned by us; None where it was not."""
    if session.execute(_EXISTS).fetchone() != (True,):
        return None
    row = session.execute(_RECORDED, list(table)).fetchone()
    if row is None:
        return None
    cut, before, keeps_old, locked_ms, swapped_at = row
    return Recorded(
        cut=cut,
        before=tuple(before),
        keeps_old=keeps_old,
        locked_ms=locked_ms,
        swapped_at=swapped_at,
    )
