"""The rules by which a drill says "this is an outage" and "it is over"."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

from hrmsops.sandbox.traffic import Traffic

LOOK_SECONDS = 0.05


@dataclass(frozen=True)
class Rule:
    """What the error rate of a span must be; a span with too few requests says nothing."""

    window_seconds: float
    requests_min: int
    error_rate: float

    def is_broken(self, traffic: Traffic, *, since: float) -> bool:
        """Whether at least this share of the latest requests failed; none before `since` count."""
        count = traffic.counted(since=max(since, time.monotonic() - self.window_seconds))
        return count.requests >= self.requests_min and count.error_rate >= self.error_rate

    def has_ceased(self, traffic: Traffic, *, since: float) -> bool:
        """Whether a whole window has gone by since `since` in which hardly a request failed."""
        start = time.monotonic() - self.window_seconds
        if start < since:
            return False
        count = traffic.counted(since=start)
        return count.requests >= self.requests_min and count.error_rate < self.error_rate

    def is_clean(self, traffic: Traffic, *, since: float) -> bool:
        """Whether a whole window has gone by since `since` in which no request failed."""
        start = time.monotonic() - self.window_seconds
        if start < since:
            return False
        count = traffic.counted(since=start)
        return count.requests >= self.requests_min and count.failed == 0


# A twentieth of the last two seconds' requests: well under the fifth that a bad release fails,
# and more than one unlucky request among the twenty that it takes to say anything.
OUTAGE = Rule(window_seconds=2.0, requests_min=20, error_rate=0.05)


def wait_until(condition: Callable[[], bool], *, seconds_max: float) -> bool:
    """Look again and again; False when it did not come true in time."""
    deadline = time.monotonic() + seconds_max
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(LOOK_SECONDS)
    return True
