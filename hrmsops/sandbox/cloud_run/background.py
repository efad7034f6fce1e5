"""Work that goes on after a call was answered: one piece at a time for each resource, in order."""

from __future__ import annotations

import threading
import traceback
from collections import deque
from collections.abc import Callable


class Background:
    """A line of work for each key; lines run beside each other, a line never overtakes itself.

    What is in a line is also in the state, so that a killed sandbox finds it again.
    """

    def __init__(self) -> None:
        self._lines: dict[str, deque[Callable[[], None]]] = {}
        self._lock = threading.Lock()
        self._closed = False

    def submit(self, key: str, work: Callable[[], None]) -> None:
        """Put work at the end of the line of `key`, and start the line if it stands."""
        with self._lock:
            if self._closed:
                return
            if (line := self._lines.get(key)) is not None:
                line.append(work)
                return
            self._lines[key] = deque([work])
        threading.Thread(target=self._run, args=(key,), daemon=True).start()

    def close(self) -> None:
        """Begin nothing more; what runs now is found again in the state at the next start."""
        with self._lock:
            self._closed = True
            for line in self._lines.values():
                line.clear()

    def _run(self, key: str) -> None:
        while (work := self._next(key)) is not None:
            try:
                work()
            except Exception:
                if not self._closed:
                    traceback.print_exc()

    def _next(self, key: str) -> Callable[[], None] | None:
        with self._lock:
            line = self._lines[key]
            if not line:
                del self._lines[key]
                return None
            return line.popleft()
