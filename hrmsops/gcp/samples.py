"""Requests by revision, as Cloud Monitoring has counted them."""

from __future__ import annotations

from datetime import datetime, timedelta

import msgspec


class Sample(msgspec.Struct, frozen=True, kw_only=True):
    """What one revision answered in one span that ended at `ended_at`; errors are its 5xx."""

    revision: str
    ended_at: datetime
    requests: int
    errors: int


class Requests(msgspec.Struct, frozen=True, kw_only=True):
    """Samples that ended after `since` and until `until`, the newest first, by the cloud's clock.

    They come minutes late, and none is not zero: look at `age` before believing in silence.
    """

    asked_at: datetime
    since: datetime
    until: datetime
    samples: tuple[Sample, ...]

    @property
    def newest_at(self) -> datetime | None:
        """When the newest sample ended; None where there is none."""
        return max((sample.ended_at for sample in self.samples), default=None)

    @property
    def age(self) -> timedelta | None:
        """How old the newest sample was when it was asked for."""
        return self.asked_at - self.newest_at if self.newest_at else None

    def of(self, revision: str) -> Sample | None:
        """All that a revision answered, until when; None where nothing is known of it."""
        found = [sample for sample in self.samples if sample.revision == revision]
        if not found:
            return None
        return Sample(
            revision=revision,
            ended_at=max(sample.ended_at for sample in found),
            requests=sum(sample.requests for sample in found),
            errors=sum(sample.errors for sample in found),
        )
