"""How many rows the next batch takes: as many as take the target's time, at most what was asked."""

from __future__ import annotations

from dataclasses import dataclass, field

TARGET_SECONDS = 0.25
"""What a batch should not take; a user may wait for one of its rows as long as that."""
AIM_SECONDS = 0.15
"""What the average is led to, so that the longest stay below the target."""
ROWS_FIRST = 1_000
ROWS_LEAST = 50
ROWS_DEFAULT = 5_000
GROWTH_MAX = 1.5
WEIGHT = 0.3
"""Of the newest batch in the moving average."""


@dataclass(kw_only=True)
class Pace:
    """`rows_max` is the upper bound that was asked for."""

    rows_max: int
    rows: int = field(init=False)
    _seconds_per_row: float | None = None

    def __post_init__(self) -> None:
        self.rows = min(self.rows_max, ROWS_FIRST)

    def took(self, *, rows: int, seconds: float) -> None:
        """Learn from a batch. One with few rows says nothing about one that is full."""
        if rows < self.rows / 2 and seconds < TARGET_SECONDS:
            return
        newest = seconds / max(rows, 1)
        before = self._seconds_per_row
        self._seconds_per_row = newest if before is None else before + WEIGHT * (newest - before)
        wanted = AIM_SECONDS / max(self._seconds_per_row, 1e-9)
        if seconds > TARGET_SECONDS:
            wanted = min(wanted, self.rows * AIM_SECONDS / seconds)
        self._set(min(wanted, self.rows * GROWTH_MAX))

    def failed(self) -> None:
        """A batch met a lock: a smaller one meets fewer."""
        self._set(self.rows / 2)

    def _set(self, rows: float) -> None:
        self.rows = max(min(ROWS_LEAST, self.rows_max), min(self.rows_max, int(rows)))
