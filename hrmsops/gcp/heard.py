"""When the replies were sent, by the clock of who sent them."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any


class Heard(threading.local):
    """Of each thread, the `Date` of the last reply that it got; None before the first."""

    at: datetime | None = None

    def note(self, date: str) -> None:
        """Take a reply's `Date`; one that is no date tells nothing."""
        try:
            self.at = parsedate_to_datetime(date)
        except ValueError:
            self.at = None


@dataclass(frozen=True)
class Seen:
    """An object as it was told of, and when by the bucket's clock."""

    blob: Any
    at: datetime | None

    @property
    def age(self) -> timedelta | None:
        """How long ago this generation was written; the reply's date is cut to the second."""
        if self.at is None:
            return None
        created: datetime = self.blob.time_created
        return max(timedelta(0), self.at - created)
