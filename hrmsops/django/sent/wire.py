"""How one side speaks to the other: events out, requests in, one JSON document a line."""

import json
import os
import queue
import sys
import threading
from contextlib import suppress


class Refused(Exception):
    """What the other side turns into an error of its own: a kind, and the facts of it."""

    def __init__(self, kind, **facts):
        super().__init__(kind)
        self.kind, self.facts = kind, facts


class Wire:
    """Events out, from whichever thread has one."""

    def __init__(self):
        # Whatever the project prints would break a line of ours in two.
        self._out = os.fdopen(os.dup(1), "w", encoding="utf-8")
        os.dup2(2, 1)
        self._mutex = threading.Lock()

    def emit(self, event, **facts):
        # Where nobody reads, the end of our input says so too.
        with self._mutex, suppress(OSError, ValueError):
            self._out.write(json.dumps({"event": event, **facts}, default=str) + "\n")
            self._out.flush()


class Requests:
    """What is asked for, line by line; `on_end` is called at the end of the input."""

    def __init__(self, on_end):
        self._lines = queue.Queue()
        self._on_end = on_end
        threading.Thread(target=self._read, daemon=True).start()

    def __iter__(self):
        while (line := self._lines.get()) is not None:
            yield json.loads(line)

    def _read(self):
        for line in sys.stdin:
            self._lines.put(line)
        self._lines.put(None)
        self._on_end()


def first_line():
    """What this process is told before anything is asked of it."""
    return json.loads(sys.stdin.readline())
