"""What a run tells while it goes on: for a screen, for a record beside the database."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

Tell = Callable[[dict[str, Any]], None]
RATE_SECONDS = 10.0


@dataclass(kw_only=True)
class Meter:
    """Rows a second over the last moments, and what that means for the rest."""

    total: int | None
    _marks: list[tuple[float, int]] = field(default_factory=list)

    def mark(self, *, at: float, rows: int) -> None:
        self._marks.append((at, rows))
        while len(self._marks) > 2 and at - self._marks[0][0] > RATE_SECONDS:
            self._marks.pop(0)

    @property
    def rate(self) -> float:
        """0.0 until something was measured."""
        (first_at, first_rows), (last_at, last_rows) = self._marks[0], self._marks[-1]
        return (last_rows - first_rows) / (last_at - first_at) if last_at > first_at else 0.0

    @property
    def eta_seconds(self) -> float | None:
        """None where the rest is unknown."""
        if not self.rate or self.total is None:
            return None
        return max(0, self.total - self._marks[-1][1]) / self.rate
