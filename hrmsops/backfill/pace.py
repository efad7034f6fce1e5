"""How many rows the next batch takes: as many as take the target's time, at most what was asked."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field

LONGEST_SECONDS = 0.15
"""What a batch should not take: a user may wait for one of its rows as long as that."""
AIM_SECONDS = 0.1
"""What the slowest of the last batches is led to, so that the next slow one stays below."""
REMEMBERED = 12
"""More than a segment has turns: its first is three times as slow as the others."""
ROWS_FIRST = 200
ROWS_LEAST = 50
ROWS_DEFAULT = 5_000
GROWTH_MAX = 1.5


@dataclass(kw_only=True)
class Pace:
    """`rows_max` is the upper bound that was asked for."""

    rows_max: int
    rows: int = field(init=False)
    _seconds_per_row: deque[float] = field(default_factory=lambda: deque(maxlen=REMEMBERED))

    def __post_init__(self) -> None:
        self.rows = min(self.rows_max, ROWS_FIRST)

    def took(self, *, rows: int, seconds: float) -> None:
        """Learn from a batch. One with few rows says nothing about one that is full."""
        if rows < self.rows / 2 and seconds < LONGEST_SECONDS:
            return
        self._seconds_per_row.append(seconds / max(rows, 1))
        wanted = AIM_SECONDS / max(*self._seconds_per_row, 1e-9)
        self._set(min(wanted, self.rows * GROWTH_MAX))

    def failed(self) -> None:
        """A batch met a lock: a smaller one meets fewer."""
        self._set(self.rows / 2)

    def _set(self, rows: float) -> None:
        self.rows = max(min(ROWS_LEAST, self.rows_max), min(self.rows_max, int(rows)))
