"""Ending what a session of someone else holds."""

from __future__ import annotations

from typing import LiteralString

from hrmsops.errors.database import StatementFailed
from hrmsops.postgres.refusals import plainly
from hrmsops.postgres.session import Target, connect


def cancel(target: Target, pid: int) -> bool:
    """Cancel the statement of a session; False where there is no such session any more."""
    return _signal(target, "SELECT pg_cancel_backend(%s)", pid)


def end(target: Target, pid: int) -> bool:
    """End a session, its transaction rolled back; False where there is none any more.

    Takes membership in pg_signal_backend, or in the session's own role.
    """
    return _signal(target, "SELECT pg_terminate_backend(%s)", pid)


def _signal(target: Target, query: LiteralString, pid: int) -> bool:
    with connect(target) as session, plainly(StatementFailed, address=target.address):
        row = session.execute(query, [pid]).fetchone()
    return row is not None and bool(row[0])
