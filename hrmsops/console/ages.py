"""How long ago, in as few characters as a tired reader needs."""

from __future__ import annotations

from datetime import timedelta

_UNITS = ((86_400, "d"), (3_600, "h"), (60, "min"), (1, "s"))


def age(span: timedelta) -> str:
    """ "40 s", "12 min", "3 h", "9 d": the largest unit that fits, rounded down."""
    seconds = max(int(span.total_seconds()), 0)
    for size, unit in _UNITS:
        if seconds >= size:
            return f"{seconds // size} {unit}"
    return "0 s"
