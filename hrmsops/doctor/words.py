"""Spans and moments in words. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta


def span(length: timedelta) -> str:
    """ "40 s", "59 min", "3 h", "9 days": the largest unit of which there are two, rounded down."""
    seconds = max(int(length.total_seconds()), 0)
    for size, unit in ((86_400, "days"), (3_600, "h"), (60, "min")):
        if seconds >= 2 * size:
            return f"{seconds // size} {unit}"
    return f"{seconds} s"


def at(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M} UTC"


def listed(names: Sequence[str], shown_max: int = 3) -> str:
    """The first few, and how many more."""
    more = len(names) - shown_max
    rest = f" and {more} more" if more > 0 else ""
    return ", ".join(names[:shown_max]) + rest
