"""Scripts that need a strong lock for an instant: tried on a ramp, so that nobody waits long."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, LiteralString

from hrmsops.engine.jitter import jitter
from hrmsops.errors.database import StatementFailed
from hrmsops.errors.partition import TableInUse
from hrmsops.postgres.catalog import TableName
from hrmsops.postgres.refusals import plainly

if TYPE_CHECKING:
    from hrmsops.engine.clock import Clock
    from hrmsops.postgres.session import Session

LOCK_MS_FIRST, LOCK_MS_MAX = 50, 300
"""Everybody behind the attempt waits as long as it does."""
STATEMENT_SECONDS_MAX = 10
PAUSE = timedelta(milliseconds=200)
PAUSE_MAX = timedelta(seconds=5)
DEADLINE = timedelta(minutes=3)
BUSY = ("55P03", "40P01")
"""A lock was not had in time; a deadlock. Nothing is left of the attempt."""
_HOLDERS: LiteralString = """
    SELECT format('session %%s of %%s%%s, in its transaction for %%s s', a.pid, a.usename,
                  coalesce(' (' || nullif(a.application_name, '') || ')', ''),
                  extract(epoch FROM clock_timestamp() - a.xact_start)::int)
    FROM pg_locks l JOIN pg_stat_activity a USING (pid)
    WHERE l.relation = to_regclass(format('%%I.%%I', %s::text, %s::text)) AND l.granted
      AND a.pid <> pg_backend_pid() ORDER BY a.xact_start LIMIT 3
"""


@dataclass(frozen=True, kw_only=True)
class Ramp:
    """How long one goes on trying, and whom one tells meanwhile."""

    clock: Clock
    tell: Callable[[str], None]
    address: str
    deadline: timedelta = DEADLINE


def in_one_trip(session: Session, statements: Sequence[str], *, of: TableName, ramp: Ramp) -> int:
    """Run all of them in one transaction and one trip to the server; how many tries it took.

    A lock that is not had is given up for a while and tried again, from 50 ms to 300. Raises
    TableInUse at the deadline, which names who holds it, else StatementFailed; nothing is left.
    """
    until = ramp.clock.now() + ramp.deadline
    lock_ms, pause, tries = LOCK_MS_FIRST, PAUSE, 1
    while not _tried(session, statements, lock_ms=lock_ms, address=ramp.address):
        holders = tuple(row[0] for row in session.execute(_HOLDERS, list(of)))
        if ramp.clock.now() >= until:
            raise TableInUse(table=str(of), tries=tries, holders=holders)
        ramp.tell(f"{of} is in use, try {tries}: {'; '.join(holders) or 'by short transactions'}")
        ramp.clock.sleep(pause * jitter(0.7, 1.3))
        lock_ms, pause = min(lock_ms * 2, LOCK_MS_MAX), min(pause * 1.5, PAUSE_MAX)
        tries += 1
    return tries


def _tried(session: Session, statements: Sequence[str], *, lock_ms: int, address: str) -> bool:
    import psycopg

    script = ";\n".join(
        [
            "BEGIN",
            f"SET LOCAL lock_timeout = {lock_ms}",
            f"SET LOCAL statement_timeout = {STATEMENT_SECONDS_MAX * 1000}",
            *statements,
            "COMMIT",
        ]
    )
    with plainly(StatementFailed, address=address):
        try:
            session.execute(script.encode())
        except psycopg.Error as error:
            if session.closed:
                raise
            session.execute("ROLLBACK")
            if error.sqlstate not in BUSY:
                raise
            return False
    return True
