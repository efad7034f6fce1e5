"""Waiting for the cloud: a deadline, a heartbeat, and a way to go home meanwhile."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import TypeVar

from hrmsops.engine.clock import Clock
from hrmsops.engine.jitter import jitter
from hrmsops.engine.run import Run
from hrmsops.errors.run import StillRunning, WaitedTooLong

T = TypeVar("T")

LATE = 1 / 30
"""How late an end may be noticed, as a part of how long it was waited for."""


@dataclass(frozen=True)
class Patience:
    """How long the engineer stays: None for as long as it takes, zero to detach at once."""

    wait: timedelta | None = None


def wait_for(
    what: str,
    look: Callable[[], T | None],
    *,
    run: Run,
    clock: Clock,
    patience: Patience,
    deadline: timedelta,
    every: timedelta,
) -> T:
    """The first answer of `look` that is not None.

    Raises StillRunning when the engineer's patience ends (the cloud goes on), WaitedTooLong at
    the deadline. Both count wall-clock time. A pause is a thirtieth of what was waited, at least
    a tenth of `every` and at most all of it, so that the end is noticed by so much late as it was
    long in coming; it is jittered, so that many watchers do not ask in step.
    """
    began = clock.now()
    while True:
        if (answer := look()) is not None:
            return answer
        waited = clock.now() - began
        if patience.wait is not None and waited >= patience.wait:
            raise StillRunning(run=run.id, what=what, waited=waited)
        if waited >= deadline:
            raise WaitedTooLong(run=run.id, what=what, deadline=deadline)
        run.progress(f"{what} ({waited.total_seconds():.0f} s)")
        pause = min(max(waited * LATE, every / 10), every)
        clock.sleep(pause * jitter(0.8, 1.2))
