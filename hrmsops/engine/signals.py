"""Ctrl-C and SIGTERM as an exception that never tears a record in two."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType


class Interruption(BaseException):
    """SIGINT or SIGTERM arrived; not an Exception, so that nothing swallows it."""

    def __init__(self, signum: int) -> None:
        super().__init__(signal.Signals(signum).name)
        self.signum = signum


class _Gate:
    """Whether a signal may be raised now, and the one that waits."""

    depth = 0
    pending: int | None = None


@contextmanager
def raised_as_interruption() -> Iterator[None]:
    """Within, SIGINT and SIGTERM raise Interruption in the main thread."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = {
        number: signal.signal(number, _on_signal) for number in (signal.SIGINT, signal.SIGTERM)
    }
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@contextmanager
def deferred(*, too_late: bool = False) -> Iterator[None]:
    """Within, a signal waits; it is raised on leaving, or forgotten where it comes `too_late`."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    _Gate.depth += 1
    try:
        yield
    finally:
        _Gate.depth -= 1
    if _Gate.depth == 0 and _Gate.pending is not None:
        signum, _Gate.pending = _Gate.pending, None
        if not too_late:
            raise Interruption(signum)


def _on_signal(signum: int, _frame: FrameType | None) -> None:
    if _Gate.depth:
        _Gate.pending = signum
        return
    raise Interruption(signum)
