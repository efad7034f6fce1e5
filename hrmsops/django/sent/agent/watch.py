"""Who waits for whom, and how far a statement is."""

import threading
import time
from contextlib import suppress

from .statements import head

_LOOK_SECONDS, _LONG_SECONDS, _REST_SECONDS = 0.05, 3.0, 1.0
"""The first attempts at a lock are short; who held it up is to be seen in each of them."""
_BLOCKERS = """
SELECT a.pid, a.usename, a.application_name, a.state,
       extract(epoch FROM clock_timestamp() - coalesce(a.xact_start, a.query_start))::float8,
       a.query,
       (SELECT string_agg(DISTINCT l.relation::regclass::text, ', ') FROM pg_locks l
        WHERE l.pid = a.pid AND l.granted AND l.relation IN
              (SELECT w.relation FROM pg_locks w WHERE w.pid = %s AND NOT w.granted))
FROM pg_stat_activity a WHERE a.pid = ANY(pg_blocking_pids(%s)) ORDER BY 5 DESC NULLS LAST
"""
_BUILDING = """
SELECT phase, CASE WHEN blocks_total > 0 THEN 100.0 * blocks_done / blocks_total
                   WHEN tuples_total > 0 THEN 100.0 * tuples_done / tuples_total END::float8
FROM pg_stat_progress_create_index WHERE pid = %s
"""


class Watch(threading.Thread):
    """From a session of its own: what the migrating one does, how far it is, who holds it up."""

    def __init__(self, session, underway):
        super().__init__(daemon=True)
        self._session, self._underway, self._connection = session, underway, None

    def run(self):
        """For as long as the process lives."""
        while True:
            time.sleep(self._pause)
            try:
                if self._connection is None:
                    self._connection = self._session.aside("watch")
                if self._underway.now is not None:
                    self._look(self._underway.now)
            except Exception:  # Whoever ended this session stops the looking, not the migration.
                self._close()
                time.sleep(_REST_SECONDS)

    @property
    def _pause(self):
        """What goes on for long need not be looked at so often."""
        now = self._underway.now
        is_long = now is not None and time.monotonic() - now["began"] > _LONG_SECONDS
        return _LONG_SECONDS / 5 if is_long else _LOOK_SECONDS

    def _look(self, now):
        session, pid = self._session, now["pid"]
        blockers = session.rows(_BLOCKERS, [pid, pid], self._connection)
        building = session.rows(_BUILDING, [pid], self._connection)
        names = ("pid", "user", "application", "state", "seconds", "query", "table")
        told = [dict(zip(names, row)) for row in blockers]
        for each in told:
            each["query"] = head(each["query"] or "", 60)
        facts = {"phase": building[0][0], "percent": building[0][1]} if building else {}
        seconds = round(time.monotonic() - now["began"], 2)
        session.wire.emit("busy", statement=now["text"], seconds=seconds, by=told, **facts)

    def _close(self):
        if self._connection is not None:
            with suppress(Exception):
                self._connection.close()
            self._connection = None
