"""When each thing happened, counted from the moment that the damage was done."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass
from datetime import UTC, datetime

from hrmsops.sandbox.scenarios.document import Marked


@dataclass(frozen=True)
class Mark:
    """One event: `at` on the wall (UTC), `monotonic` on the clock that never jumps."""

    event: str
    at: datetime
    monotonic: float


class Timeline:
    """The marks of one drill, safe between threads; `origin` is the event at second zero."""

    def __init__(self, *, origin: str) -> None:
        self._origin = origin
        self._marks: dict[str, Mark] = {}
        self._lock = threading.Lock()

    def mark(self, event: str) -> bool:
        """Write down that `event` happens now; false when it has happened before."""
        mark = Mark(event=event, at=datetime.now(UTC), monotonic=time.monotonic())
        with self._lock:
            return self._marks.setdefault(event, mark) is mark

    def put(self, event: str, at: datetime) -> None:
        """Write down that `event` happened at a moment (aware) which is past by now."""
        ago = (datetime.now(UTC) - at).total_seconds()
        mark = Mark(event=event, at=at, monotonic=time.monotonic() - ago)
        with self._lock:
            self._marks.setdefault(event, mark)

    def monotonic(self, event: str) -> float | None:
        """The moment of an event on the monotonic clock; None until it has happened."""
        mark = self._marks.get(event)
        return mark.monotonic if mark else None

    def seconds(self, event: str, *, after: str) -> float | None:
        """Seconds from the event `after` to `event`; None when one of them did not happen."""
        first, last = self.monotonic(after), self.monotonic(event)
        return None if first is None or last is None else round(last - first, 3)

    def document(self) -> list[Marked]:
        """`[{"event", "at" (RFC 3339), "seconds" after the origin}]`, in order."""
        return [
            {
                "event": mark.event,
                "at": mark.at.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
                "seconds": self.seconds(mark.event, after=self._origin),
            }
            for mark in sorted(self._marks.values(), key=lambda mark: mark.monotonic)
        ]
