"""The cloud's clock, which is the one that windows, backups and samples are told by."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

SAME_MAX = timedelta(seconds=5)
"""Dates in replies are cut to the second and as old as their way: so much is no difference."""


class CloudClock:
    """How far the cloud's clock is ahead of this machine's: zero until a reply has told."""

    def __init__(self) -> None:
        self.ahead = timedelta(0)

    def note(self, date: str) -> None:
        """Take the `Date` of a reply that has just come; one that is no date tells nothing."""
        try:
            said = parsedate_to_datetime(date)
        except ValueError:
            return
        ahead = said.astimezone(UTC) - datetime.now(UTC)
        self.ahead = timedelta(0) if abs(ahead) <= SAME_MAX else ahead
