"""Ctrl-C and SIGTERM as an exception that never tears a record in two."""

from __future__ import annotations

import signal
import threading
import weakref
from collections.abc import Callable, Iterator, Sequence
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
    is_once = False
    """Whether those that come while one is on its way are forgotten."""
    on_its_way: weakref.ref[Interruption] | None = None
    """The one that was raised last; gone as soon as nobody handles it any more."""


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
def noted(then: Callable[[], None]) -> Iterator[Sequence[int]]:
    """Within, a signal is noted in what this gives, `then` is called, and on leaving it is raised.

    For an event loop: it keeps what is raised within one of its callbacks for itself
    (docs.python.org/3.11/library/asyncio-eventloop.html, the exception handler). `then` is to end
    the loop, and runs between any two bytecodes of the main thread.
    """
    arrived: list[int] = []
    if threading.current_thread() is not threading.main_thread():
        yield arrived
        return

    def note(signum: int, _frame: FrameType | None) -> None:
        arrived.append(signum)
        then()

    before = {number: signal.signal(number, note) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield arrived
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
    if arrived:
        raise Interruption(arrived[0])


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


@contextmanager
def raised_once() -> Iterator[None]:
    """Within, what one signal began to tidy up is not torn by the next: that is forgotten.

    `timeout` sends SIGTERM twice within microseconds, and whoever is impatient Ctrl-C. One that
    comes after the first was caught, or lost in a finalizer, is raised again.
    """
    before, _Gate.is_once = _Gate.is_once, True
    _Gate.on_its_way = None  # Whatever still holds an earlier one, it is not on its way in here.
    try:
        yield
    finally:
        _Gate.is_once = before


def _on_signal(signum: int, _frame: FrameType | None) -> None:
    if _Gate.depth:
        _Gate.pending = signum
        return
    if _Gate.is_once and _Gate.on_its_way is not None and _Gate.on_its_way() is not None:
        return
    arrived = Interruption(signum)
    _Gate.on_its_way = weakref.ref(arrived)
    try:
        raise arrived
    finally:
        del arrived  # Its traceback has this frame: it would keep itself alive.
