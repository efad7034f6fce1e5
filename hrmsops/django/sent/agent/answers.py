"""The wire of a job, which has nobody at its other end."""

import json
import queue
import sys
import threading

from .schema import make_schema

_JOIN_SECONDS = 10.0


class Answers:
    """Events into a table, by a thread of its own."""

    TABLE = """
    CREATE TABLE IF NOT EXISTS hrmsops.answers (
        ask text, number integer, event jsonb NOT NULL,
        at timestamptz NOT NULL DEFAULT clock_timestamp(), PRIMARY KEY (ask, number)
    )
    """

    def __init__(self, ask):
        self._ask, self._lines, self._thread = ask, queue.Queue(), None

    def emit(self, event, **facts):
        self._lines.put(json.dumps({"event": event, **facts}, default=str))

    def attach(self, session):
        """From now on there is a database to write to."""
        self._thread = threading.Thread(target=self._write, args=(session,), daemon=True)
        self._thread.start()

    def finish(self):
        """Everything is written, or told to whoever reads the job's log."""
        self._lines.put(None)
        if self._thread is not None:
            self._thread.join(_JOIN_SECONDS)
        while not self._lines.empty():
            if (line := self._lines.get()) is not None:
                sys.stderr.write(f"{line}\n")

    def _write(self, session):
        connection, number = session.aside("ledger"), 0
        make_schema(lambda sql: session.rows(sql, (), connection))
        session.rows(self.TABLE, (), connection)
        session.rows(
            "DELETE FROM hrmsops.answers WHERE at < now() - interval '1 day'", (), connection
        )
        while (line := self._lines.get()) is not None:
            number += 1
            session.rows(
                "INSERT INTO hrmsops.answers (ask, number, event) VALUES (%s, %s, %s::jsonb)",
                [self._ask, number, line],
                connection,
            )
