"""Time as a thing that is handed in."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Protocol


class Clock(Protocol):
    """What a run asks the time of."""

    def now(self) -> datetime:
        """The moment, aware, UTC."""
        ...

    def sleep(self, duration: timedelta) -> None:
        """Return after `duration`, or when a signal interrupts the run."""
        ...


class SystemClock:
    """This machine's clock. Wall-clock on purpose: a laptop that slept has let a deadline pass."""

    def now(self) -> datetime:
        return datetime.now(UTC)

    def sleep(self, duration: timedelta) -> None:
        time.sleep(duration.total_seconds())


@dataclass(frozen=True)
class ShiftedClock:
    """Another place's clock, as far as it is known how much that is ahead of this machine's."""

    clock: Clock
    ahead: Callable[[], timedelta]

    def now(self) -> datetime:
        return self.clock.now() + self.ahead()

    def sleep(self, duration: timedelta) -> None:
        self.clock.sleep(duration)
