"""Which tables a session locks, how strongly and for how long, as another session sees it."""

from __future__ import annotations

import threading
import time
from contextlib import suppress
from types import TracebackType
from typing import LiteralString

import msgspec

from hrmsops.errors.base import HrmsopsError
from hrmsops.errors.database import StatementFailed
from hrmsops.postgres.refusals import plainly
from hrmsops.postgres.session import Target, connect

EVERY_SECONDS = 0.05
# From the weakest to the strongest; what is weaker hinders no writer.
STRENGTHS = (
    "ShareUpdateExclusiveLock",
    "ShareLock",
    "ShareRowExclusiveLock",
    "ExclusiveLock",
    "AccessExclusiveLock",
)
_HELD: LiteralString = """
    SELECT c.relname, l.mode FROM pg_locks l JOIN pg_stat_activity a USING (pid)
    JOIN pg_class c ON c.oid = l.relation JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE a.application_name = %s AND a.pid <> pg_backend_pid() AND l.granted
      AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())
      AND c.relkind IN ('r', 'p') AND n.nspname !~ '^(pg_|hrmsops$)' AND l.mode = ANY (%s)
"""


class LockHeld(msgspec.Struct, frozen=True, kw_only=True):
    """The strongest lock on one table, and from when it was first seen to the last, in seconds.

    0.0: it was seen once; what is shorter than a look is not seen at all.
    """

    table: str
    mode: str
    seconds: float


class LockWatch:
    """Looks within its `with` block; `held` tells what was seen, the longest first."""

    def __init__(self, target: Target) -> None:
        """Watches the sessions of the target's own application_name."""
        self._target, self._over = target, threading.Event()
        self._seen: dict[str, tuple[str, float, float]] = {}
        self._thread = threading.Thread(target=self._watch, daemon=True)

    def __enter__(self) -> LockWatch:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        at: TracebackType | None,
    ) -> None:
        self._over.set()
        self._thread.join(timeout=5)

    @property
    def held(self) -> tuple[LockHeld, ...]:
        found = [
            LockHeld(table=table, mode=_plain(mode), seconds=round(last - first, 2))
            for table, (mode, first, last) in self._seen.items()
        ]
        return tuple(sorted(found, key=lambda each: (-each.seconds, each.table)))

    def _watch(self) -> None:
        """What cannot be watched is not told; nobody's work depends on it."""
        target = self._target
        with (
            suppress(HrmsopsError),
            connect(target, read_only=True) as session,
            plainly(StatementFailed, address=target.address),
        ):
            while not self._over.wait(EVERY_SECONDS):
                rows = session.execute(_HELD, [target.application_name, list(STRENGTHS)])
                self._note(rows.fetchall(), time.monotonic())

    def _note(self, rows: list[tuple[str, str]], now: float) -> None:
        for table, mode in rows:
            before = self._seen.get(table)
            if before is None:
                self._seen[table] = (mode, now, now)
            else:
                stronger = max(mode, before[0], key=STRENGTHS.index)
                self._seen[table] = (stronger, before[1], now)


def _plain(mode: str) -> str:
    """`AccessExclusiveLock` as the documentation writes it: ACCESS EXCLUSIVE."""
    import re

    return re.sub(r"(?<=[a-z])(?=[A-Z])", " ", mode.removesuffix("Lock")).upper()
