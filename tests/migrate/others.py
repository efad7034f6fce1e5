"""Other sessions beside a migration: one that holds a table, one that reads it all the time."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from hrmsops.postgres.session import Target, connect

DEADLINE_SECONDS = 90.0


def until(condition: Callable[[], bool], what: str, *, seconds: float = DEADLINE_SECONDS) -> None:
    """Wait until it is so."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, f"never: {what}"
        time.sleep(0.02)


@contextmanager
def holding(target: Target, statement: str, *, seconds: float) -> Iterator[None]:
    """Within, and for at least `seconds`, a transaction that has run `statement` stays open."""
    began, over = threading.Event(), threading.Event()

    def hold() -> None:
        with connect(target) as session, session.transaction():
            session.execute(statement.encode())
            began.set()
            over.wait(seconds)

    thread = threading.Thread(target=hold)
    thread.start()
    assert began.wait(DEADLINE_SECONDS)
    try:
        yield
    finally:
        thread.join()


class Reader:
    """Reads one row again and again; `longest` is the longest that it waited, in seconds."""

    def __init__(self, target: Target, query: str) -> None:
        self._target, self._query = target, query.encode()
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._read)
        self.longest, self.reads = 0.0, 0

    def __enter__(self) -> Reader:
        self._thread.start()
        until(lambda: self.reads > 0, "the reader reads")
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()

    def _read(self) -> None:
        with connect(self._target) as session:
            while not self._over.is_set():
                began = time.monotonic()
                session.execute(self._query)
                self.longest = max(self.longest, time.monotonic() - began)
                self.reads += 1
                time.sleep(0.005)
