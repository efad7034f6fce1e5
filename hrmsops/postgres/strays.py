"""Rows that were written since a transaction, whatever they hold."""

from __future__ import annotations

import secrets
from collections.abc import Iterator

from hrmsops.postgres.differences import Key, Snapshot
from hrmsops.postgres.pairing import Side
from hrmsops.postgres.row_sql import key_texts
from hrmsops.postgres.rows import WRITER

ROWS_FETCHED_AT_ONCE = 2000


def keys_since(seen: Snapshot, side: Side, *, since: int) -> Iterator[Key]:
    """The keys of all rows whose last writer is transaction `since` or a later one."""
    from psycopg import sql

    query = sql.SQL("SELECT {} FROM {} AS t WHERE {} >= {}").format(
        key_texts(side), side.identifier(), sql.SQL(WRITER), sql.Literal(since)
    )
    with seen.session.cursor(f"hrmsops_{secrets.token_hex(4)}") as cursor:
        cursor.itersize = ROWS_FETCHED_AT_ONCE
        for (key,) in cursor.execute(query):
            yield tuple(key)
