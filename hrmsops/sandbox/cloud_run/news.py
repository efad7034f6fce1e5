"""Word that something ended, for those who wait: a counter that can be waited for."""

from __future__ import annotations

import threading


class News:
    """Ask `count`, look at the world, then wait for the count to move: nothing is missed."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._count = 0

    @property
    def count(self) -> int:
        """How often something was announced."""
        with self._changed:
            return self._count

    def announce(self) -> None:
        """Wake everyone who waits."""
        with self._changed:
            self._count += 1
            self._changed.notify_all()

    def wait(self, seen: int, seconds: float) -> None:
        """Until something was announced since `seen` was read, or the time is over."""
        with self._changed:
            self._changed.wait_for(lambda: self._count != seen, timeout=seconds)
