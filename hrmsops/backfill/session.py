"""The session of a run: short waits for locks, and put back at the end as it was found."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import Error, connections, transaction

LOCK_TIMEOUT = "200ms"
"""While a batch waits for a row, whoever wants one of its own rows waits for us."""
STATEMENT_TIMEOUT = "30s"
_PUT = "SELECT set_config(%s, %s, false)"


@contextmanager
def prepared(using: str) -> Iterator[None]:
    """Within, the session has a backfill's timeouts."""
    wanted = {"lock_timeout": LOCK_TIMEOUT, "statement_timeout": STATEMENT_TIMEOUT}
    before = {name: _ask(using, "SELECT current_setting(%s)", name) for name in wanted}
    for name, value in wanted.items():
        _ask(using, _PUT, name, value)
    try:
        yield
    finally:
        # A session that is lost has nothing to be put back.
        if (
            connections[using].connection is not None
            and not transaction.get_connection(using).needs_rollback
        ):
            try:
                for name, value in before.items():
                    _ask(using, _PUT, name, value)
            except Error:
                connections[using].close()


def vacuum(table: str, *, using: str) -> None:
    """Make the room of old rows usable again; another VACUUM of the table is not waited for."""
    with connections[using].cursor() as cursor:
        cursor.execute("SET statement_timeout = 0")
        try:
            cursor.execute(f"VACUUM (SKIP_LOCKED, TRUNCATE FALSE) {table}")
        finally:
            cursor.execute(f"SET statement_timeout = '{STATEMENT_TIMEOUT}'")


def next_xid(using: str) -> int:
    """Every transaction below it had begun."""
    return int(_ask(using, "SELECT pg_snapshot_xmax(pg_current_snapshot())::text"))


def oldest_xid(using: str) -> int:
    """Every transaction below it has ended."""
    return int(_ask(using, "SELECT pg_snapshot_xmin(pg_current_snapshot())::text"))


def _ask(using: str, sql: str, *values: str) -> str:
    with connections[using].cursor() as cursor:
        cursor.execute(sql, values)
        return str(cursor.fetchone()[0])
