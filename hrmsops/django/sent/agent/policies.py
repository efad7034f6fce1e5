"""Each statement runs under the timeouts of its kind, and waits for its locks in a ramp."""

import time

from .concurrent_builds import index_named
from .ramp import pause_after, ramp
from .session import is_lost
from .statements import index_built_by
from .words import sqlstate

AGAIN = ("55P03", "40P01")
"""A lock that was not had in time, and a deadlock: nothing was done, so it may be tried again."""
_CEILING_MS = 12 * 3600 * 1000
_HOLDS_ALL = """
SELECT 1 FROM pg_locks WHERE pid = pg_backend_pid() AND granted
AND locktype = 'relation' AND mode = 'AccessExclusiveLock' LIMIT 1
"""


class Policies:
    """What a statement may take, and for how long it may wait, by its kind."""

    def __init__(self, session, underway):
        self._session, self._underway = session, underway
        self._limits = session.request["timeouts"]
        self._rungs, self._rung = ramp(self._limits["lock_ms"] / 1000), 0
        self._is_dirty = False

    @property
    def attempts_max(self):
        """How often a transaction is tried for its locks."""
        return len(self._rungs)

    def begin(self, attempt):
        """A transaction's attempt waits at each of its locks for as long as its rung says."""
        self._rung, self._is_dirty = min(attempt, len(self._rungs)) - 1, False

    def run(self, text, kind, execute, is_in_doubt=False):
        """In autocommit it is tried again for a lock."""
        alone = not self._session.main.in_atomic_block
        rungs = self._rungs if alone and kind != "data" else [self._rungs[self._rung]]
        for number, seconds in enumerate(rungs, start=1):
            if kind == "concurrent" and alone and self._is_built(text, is_in_doubt):
                return None
            self._set_timeouts(kind, seconds)
            try:
                return execute()
            except Exception as error:
                code = sqlstate(error)
                if code not in AGAIN or number == len(rungs) or self._underway.is_stopping:
                    raise
                self.pause(code, number)
            finally:
                if alone:
                    self._restore_timeouts()
        raise AssertionError("A ramp has rungs.")

    def pause(self, code, attempt):
        """Between two attempts; told, with how long the one that ended had waited."""
        waited = self._rungs[min(attempt, len(self._rungs)) - 1]
        seconds = pause_after(waited)
        self._session.wire.emit(
            "again",
            attempt=attempt,
            of=len(self._rungs),
            sqlstate=code,
            waited_ms=round(waited * 1000),
            pause_ms=round(seconds * 1000),
        )
        time.sleep(seconds)

    def _set_timeouts(self, kind, seconds):
        statement, lock = self._limits["statement_ms"], self._limits["lock_ms"]
        if kind == "schema":
            lock = round(seconds * 1000)
        elif kind == "concurrent":
            # It waits for other transactions, and nobody who reads or writes waits for it.
            statement, lock = _CEILING_MS, 0
        elif kind == "validate" and not self._holds_all():
            statement = _CEILING_MS
        elif kind == "data" and not self._is_dirty:
            return
        local = "LOCAL " if self._session.main.in_atomic_block else ""
        self._is_dirty = True
        self._set(f"SET {local}lock_timeout = {lock}; SET {local}statement_timeout = {statement}")

    def _restore_timeouts(self):
        if self._is_dirty and not is_lost(self._session.main):
            lock, statement = self._limits["lock_ms"], self._limits["statement_ms"]
            self._set(f"SET lock_timeout = {lock}; SET statement_timeout = {statement}")
            self._is_dirty = False

    def _set(self, sql):
        with self._underway.internally(), self._session.main.cursor() as cursor:
            cursor.execute(sql)

    def _holds_all(self):
        """Whether this transaction keeps even readers away from some table."""
        with self._underway.internally():
            return bool(self._session.rows(_HOLDS_ALL))

    def _is_built(self, text, is_in_doubt):
        """Drops what a failed build left; True where our own earlier build came through."""
        name = index_built_by(text)
        with self._underway.internally():
            found = index_named(self._session, name) if name else None
        if found is None:
            return False
        is_valid, full_name = found
        if not is_valid:
            self._session.wire.emit("leftover", index=full_name)
            self._set_timeouts("concurrent", 0)
            self._set(f"DROP INDEX CONCURRENTLY {full_name}")
        return is_valid and is_in_doubt
