"""An execution's task: a process that runs to its end, watched for its exit code."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from hrmsops.sandbox.processes import Processes

TIMED_OUT = -1
"""Ended by its timeout."""
CANCELLED = -2
"""Ended by `cancel`."""
LOST = -3
"""Killed by someone else, or nothing is known of it."""

POLL_SECONDS = 0.02
GRACE_SECONDS = 10.0  # Cloud Run's, between SIGTERM and SIGKILL.

OnEnd = Callable[[int], None]
"""Told once how a task ended: its exit code (0-255), or one of the negative numbers above."""


class Tasks:
    """Processes that are expected to end, each with a thread that waits for it."""

    def __init__(self, processes: Processes) -> None:
        self._processes = processes
        self._cancelled: set[str] = set()

    def run(
        self,
        name: str,
        command: Sequence[str],
        *,
        folder: Path,
        env: Mapping[str, str],
        timeout_seconds: float,
        on_end: OnEnd,
    ) -> None:
        """Start the task, and return; `on_end` is called from another thread."""
        deadline = time.time() + timeout_seconds
        self._processes.start(
            name, command, folder=folder, env=env, deadline=deadline, keep_exit_code=True
        )
        self.watch(name, on_end)

    def watch(self, name: str, on_end: OnEnd) -> None:
        """Wait in a thread for the end of a task, one that another daemon started included."""
        watch = threading.Thread(target=self._watch, args=(name, on_end), daemon=True)
        watch.name = f"watch-{name}"
        watch.start()

    def cancel(self, name: str) -> None:
        """SIGTERM, then SIGKILL; whoever watches is told CANCELLED."""
        self._cancelled.add(name)
        self._end(name)

    def _watch(self, name: str, on_end: OnEnd) -> None:
        code = self._end_of(name)
        # First the word, then the record: a daemon that is killed in between gives the word again.
        on_end(code)
        self._processes.forget(name)
        self._cancelled.discard(name)

    def _end_of(self, name: str) -> int:
        record = self._processes.record(name)
        while self._processes.is_alive(name):
            if record and time.time() > record.deadline and name not in self._cancelled:
                self._end(name)
                return TIMED_OUT
            time.sleep(POLL_SECONDS)
        if name in self._cancelled:
            return CANCELLED
        code = self._processes.exit_code(name)
        return LOST if code is None else code

    def _end(self, name: str) -> None:
        self._processes.end(name, grace_seconds=GRACE_SECONDS)
