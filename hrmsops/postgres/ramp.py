"""What needs a lock that users may hold: tried on a ramp, so that nobody waits long behind it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, LiteralString, TypeVar

from hrmsops.engine.jitter import jitter
from hrmsops.errors.database import StatementFailed
from hrmsops.errors.partition import TableInUse
from hrmsops.postgres.catalog import TableName
from hrmsops.postgres.refusals import plainly

if TYPE_CHECKING:
    from hrmsops.engine.clock import Clock
    from hrmsops.postgres.session import Session

T = TypeVar("T")
LOCK_MS_FIRST, LOCK_MS_MAX = 50, 300
"""Everybody behind the attempt waits as long as it does. Less than PostgreSQL's deadlock_timeout:
it is we who give way, never a user."""
STATEMENT_SECONDS_MAX = 10
PAUSE = timedelta(milliseconds=200)
PAUSE_MAX = timedelta(seconds=5)
DEADLINE = timedelta(minutes=3)
BUSY = ("55P03", "40P01", "40001")
"""A lock was not had in time; a deadlock; a row went to another partition meanwhile. Nothing is
left of the attempt."""
_HOLDERS: LiteralString = """
    SELECT format('session %%s of %%s%%s, in its transaction for %%s s', a.pid, a.usename,
                  coalesce(' (' || nullif(a.application_name, '') || ')', ''),
                  extract(epoch FROM clock_timestamp() - a.xact_start)::int)
    FROM pg_stat_activity a WHERE a.pid <> pg_backend_pid() AND a.pid IN (
        SELECT l.pid FROM pg_locks l
        WHERE l.relation = to_regclass(format('%%I.%%I', %s::text, %s::text)) AND l.granted
          AND (l.mode <> 'AccessShareLock' OR NOT %s))
    ORDER BY a.xact_start LIMIT 3
"""


@dataclass(frozen=True, kw_only=True)
class Ramp:
    """How long one goes on trying, and whom one tells meanwhile."""

    clock: Clock
    tell: Callable[[str], None]
    address: str
    deadline: timedelta = DEADLINE
    is_for_rows: bool = False
    """Rows are wanted, not the table: whoever only reads it holds none."""


class Tries:
    """Attempts at what users may hold: each that gives way is told, with who holds it."""

    def __init__(self, session: Session, *, of: TableName, ramp: Ramp) -> None:
        self._session, self._of, self._ramp = session, of, ramp
        self.begin()

    def begin(self) -> None:
        """What was tried is had: the next attempt is a first one again."""
        self.count, self.lock_ms, self._pause = 1, LOCK_MS_FIRST, PAUSE
        self._until: datetime | None = None

    def give_way(self) -> None:
        """Wait for a while; raises TableInUse at the deadline, which names who holds it."""
        of, now = self._of, self._ramp.clock.now()
        values = [*of, self._ramp.is_for_rows]
        holders = tuple(row[0] for row in self._session.execute(_HOLDERS, values))
        self._until = self._until or now + self._ramp.deadline
        if now >= self._until:
            raise TableInUse(table=str(of), tries=self.count, holders=holders)
        held = "; ".join(holders) or "by short transactions"
        self._ramp.tell(f"{of} is in use, try {self.count}: {held}")
        self._ramp.clock.sleep(self._pause * jitter(0.7, 1.3))
        self.lock_ms = min(self.lock_ms * 2, LOCK_MS_MAX)
        self._pause = min(self._pause * 1.5, PAUSE_MAX)
        self.count += 1

    def had(self, attempt: Callable[[], T]) -> T | None:
        """What it returns; None, after a while, where something that it needs was not had."""
        import psycopg

        try:
            found = attempt()
        except psycopg.OperationalError as error:
            if error.sqlstate not in BUSY:
                raise
            self.give_way()
            return None
        self.begin()
        return found


def in_one_trip(session: Session, statements: Sequence[str], *, of: TableName, ramp: Ramp) -> int:
    """Run all of them in one transaction and one trip to the server; how many tries it took.

    A lock that is not had is given up for a while and tried again, from 50 ms to 300. Raises
    TableInUse at the deadline, which names who holds it, else StatementFailed; nothing is left.
    """
    tries = Tries(session, of=of, ramp=ramp)
    while not _tried(session, statements, lock_ms=tries.lock_ms, address=ramp.address):
        tries.give_way()
    return tries.count


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
