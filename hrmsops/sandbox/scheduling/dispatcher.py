"""The thread that makes the calls: jobs on their schedule, tasks from their queues."""

from __future__ import annotations

import threading
import traceback
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from hrmsops.sandbox.scheduling import jobs, tasks
from hrmsops.sandbox.scheduling.cloud import JOBS, QUEUES, TASKS, Scheduling
from hrmsops.sandbox.state import Json

LOOK_SECONDS = 0.1
"""Until the next look at what is due but being called already, or more than is called at once."""
CALLS_AT_ONCE_MAX = 8


class Dispatcher:
    """Looks for what is due until it is closed."""

    def __init__(self, cloud: Scheduling) -> None:
        self._cloud, self._closing = cloud, threading.Event()
        self._changed = cloud.state.watch(JOBS, QUEUES, TASKS)
        self._busy: set[str] = set()
        self._lock = threading.Lock()
        self._calls = ThreadPoolExecutor(CALLS_AT_ONCE_MAX, thread_name_prefix="call")
        self._thread = threading.Thread(target=self._watch, name="dispatcher", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Make no new call; one that is under way may end as it will."""
        self._closing.set()
        self._changed.set()
        self._thread.join()
        self._calls.shutdown(wait=False, cancel_futures=True)

    def _watch(self) -> None:
        seconds: float | None = None
        while True:
            self._changed.wait(seconds)
            if self._closing.is_set():
                return
            self._changed.clear()
            try:
                self._look()
                seconds = self._until_next()
            except Exception:
                traceback.print_exc()  # One bad document must not stop all others for good.
                seconds = LOOK_SECONDS

    def _look(self) -> None:
        for job in jobs.take_due(self._cloud):
            self._calls.submit(self._make, jobs.attempt, job)
        with self._lock:
            found = tasks.due(self._cloud, busy=self._busy)[:CALLS_AT_ONCE_MAX]
            self._busy |= {task["name"] for task in found}
        for task in found:
            self._calls.submit(self._make, tasks.attempt, task)

    def _until_next(self) -> float | None:
        """How long there is nothing to do unless something changes."""
        moments = [*jobs.moments(self._cloud), *tasks.moments(self._cloud)]
        if not moments:
            return None
        seconds = (min(moments) - self._cloud.distance.now()).total_seconds()
        return max(seconds, LOOK_SECONDS)

    def _make(self, attempt: Callable[[Scheduling, Json], None], document: Json) -> None:
        try:
            attempt(self._cloud, document)
        except Exception:
            if not self._closing.is_set():
                traceback.print_exc()
        finally:
            with self._lock:
                self._busy.discard(document["name"])
            self._changed.set()
