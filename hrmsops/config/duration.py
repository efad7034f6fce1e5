"""Lengths of time as people write them: 250ms, 30s, 1h30m."""

from __future__ import annotations

import re
from datetime import timedelta

from hrmsops.errors.usage import DurationNotUnderstood

UNITS = {
    "d": timedelta(days=1),
    "h": timedelta(hours=1),
    "m": timedelta(minutes=1),
    "s": timedelta(seconds=1),
    "ms": timedelta(milliseconds=1),
}
LARGEST_FIRST = re.compile(
    r"(?:(?P<d>\d{1,5})d)?(?:(?P<h>\d{1,7})h)?(?:(?P<m>\d{1,9})m(?!s))?"
    r"(?:(?P<s>\d{1,9}(?:\.\d{1,6})?)s)?(?:(?P<ms>\d{1,9})ms)?"
)


class Duration(timedelta):
    """A length of time that was read from text; a type of its own, so that msgspec asks us."""


def duration(text: str) -> Duration:
    """A length of time from `30s`, `5m`, `1h30m`, `250ms` or `7d`; a bare number has no unit.

    Raises DurationNotUnderstood.
    """
    found = LARGEST_FIRST.fullmatch(text.strip())
    if not found or not any(found.groups()):
        raise DurationNotUnderstood(text=text)
    parts = {unit: float(amount) for unit, amount in found.groupdict().items() if amount}
    total = sum((UNITS[unit] * amount for unit, amount in parts.items()), timedelta())
    return Duration(days=total.days, seconds=total.seconds, microseconds=total.microseconds)


def as_text(length: timedelta) -> str:
    """The shortest text that `duration` reads as the same length, down to the millisecond."""
    rest, text = length, ""
    for unit, size in UNITS.items():
        amount, rest = divmod(rest, size)
        text += f"{amount}{unit}" if amount else ""
    return text or "0s"
