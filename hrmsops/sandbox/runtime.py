"""Revisions and tasks as processes. (Signatures first; the bodies follow.)"""

from __future__ import annotations

from collections.abc import Callable

from hrmsops.sandbox.home import Home
from hrmsops.sandbox.images import Images
from hrmsops.sandbox.instances import Instances
from hrmsops.sandbox.workload import Workload


class Runtime:
    def __init__(self, home: Home, images: Images, instances: Instances) -> None: ...

    def ensure_serving(self, workload: Workload) -> tuple[str, int]:
        """Raises NotReady (workload.py)."""
        raise NotImplementedError

    def is_running(self, name: str) -> bool: raise NotImplementedError
    def names(self) -> list[str]: raise NotImplementedError
    def stop(self, name: str) -> None: raise NotImplementedError
    def crash(self, name: str) -> None: raise NotImplementedError

    def run_job(self, workload: Workload, *, timeout_seconds: float, on_end: Callable[[int], None]) -> None:
        """on_end from a thread: 0-255, or tasks.TIMED_OUT / CANCELLED / LOST (negative). NotReady if no image."""
    def watch_job(self, name: str, on_end: Callable[[int], None]) -> None:
        """After adopt(): hear the end of a job an earlier daemon started (LOST when nothing is known of it)."""
    def cancel_job(self, name: str) -> None: ...
    def adopt(self) -> list[str]:
        """Names of revisions and tasks taken over; what cannot be is ended."""
        raise NotImplementedError
    def stop_all(self) -> None: ...
