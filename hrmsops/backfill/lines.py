"""A run on a screen: one line that moves in a terminal, plain lines in a pipe."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

PIPE_SECONDS = 5.0
WIDTH = 79


class Lines:
    """Writes events with `write`; the line that moves ends before the next one that stays."""

    def __init__(self, write: Callable[[str], object], *, is_terminal: bool) -> None:
        self._write, self._is_terminal = write, is_terminal
        self._told_at = self._moving = 0.0
        self._paused: tuple[str, float] = ("", 0.0)

    def tell(self, event: dict[str, Any]) -> None:
        if event["event"] == "pause":
            self._pause(event["why"], event["seconds"])
        elif event["event"] == "unseen":
            self.stay(f"  {in_words(event)}")
        else:
            self._move(in_words(event))

    def stay(self, text: str) -> None:
        """A line of its own."""
        if self._moving:
            self._write("\r" + " " * WIDTH + "\r")
            self._moving = 0.0
        self._write(f"{text}\n")

    def _pause(self, why: str, seconds: float) -> None:
        before, so_far = self._paused
        self._paused = (why, so_far + seconds if why == before else seconds)
        self._move(f"pauses, {self._paused[1]:.1f} s so far: {why}", always=why != before)

    def _move(self, text: str, *, always: bool = False) -> None:
        if self._is_terminal:
            self._moving = 1.0
            self._write("\r" + text[:WIDTH].ljust(WIDTH))
        elif always or time.monotonic() - self._told_at >= PIPE_SECONDS:
            self._told_at = time.monotonic()
            self._write(f"{text}\n")


def in_words(event: dict[str, Any]) -> str:
    """One event as a sentence."""
    match event["event"]:
        case "progress":
            return progress(event)
        case "pause":
            return f"pauses {event['seconds']:g} s: {event['why']}"
        case "unseen":
            return f"Unseen: {event['why']}"
        case _:
            return f"VACUUM {event['table']}: room of old rows is made usable again"


def progress(event: dict[str, Any]) -> str:
    """`12,000 of about 300,000 rows (4 %), 41,000 rows/s, 7 s left, batch 62 ms`."""
    rows, total = event["rows"], event["total"]
    # What was looked up at the start was near; past it, it says nothing.
    is_known = total and rows <= total
    share = f" of about {total:,} rows ({100 * rows // total} %)" if is_known else " rows"
    parts = [f"{rows:,}{share}", f"{event['rate']:,.0f} rows/s"]
    if event["phase"] == "sweep":
        parts.append("last sweep")
    elif is_known and event["eta_seconds"] is not None:
        parts.append(f"{duration(event['eta_seconds'])} left")
    parts.append(f"batch {event['batch_ms']} ms")
    return ", ".join(parts)


def duration(seconds: float) -> str:
    """`7 s`, `12 min`, `3.5 h`."""
    if seconds < 90:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"
