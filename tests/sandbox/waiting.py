"""Waiting for what comes about by itself, with a deadline."""

from __future__ import annotations

import time
from collections.abc import Callable

import psutil


def eventually(is_so: Callable[[], object], seconds: float = 60) -> None:
    """Return as soon as `is_so` is true; fail when it is not within `seconds`."""
    deadline = time.monotonic() + seconds
    while not is_so():
        assert time.monotonic() < deadline, "it did not come about in time"
        time.sleep(0.01)


def is_running(pid: int) -> bool:
    """Whether a process runs; one that is only waiting to be reaped does not."""
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False
