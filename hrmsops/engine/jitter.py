"""Pauses of unequal length: those who were turned away at once do not come back at once."""

from __future__ import annotations

import random


def jitter(least: float, most: float) -> float:
    """A factor between the two; it guards no secret."""
    return random.uniform(least, most)  # noqa: S311
