"""How far away the cloud is: the time of a round trip, and what its clocks say."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from hrmsops.sandbox.state import State


@dataclass(frozen=True, kw_only=True)
class Distance:
    """Between the operator's machine and the cloud; zero for a cloud on the desk."""

    rtt: timedelta = timedelta(0)
    clock_skew: timedelta = timedelta(0)

    @classmethod
    def of(cls, state: State) -> Distance:
        """As the sandbox was told when it was brought up."""
        kept = state.setting("distance", {})
        return cls(
            rtt=timedelta(seconds=kept.get("rtt_seconds", 0)),
            clock_skew=timedelta(seconds=kept.get("clock_skew_seconds", 0)),
        )

    def keep(self, state: State) -> None:
        """Remember it for the next start."""
        state.set(
            "distance",
            {
                "rtt_seconds": self.rtt.total_seconds(),
                "clock_skew_seconds": self.clock_skew.total_seconds(),
            },
        )

    def now(self) -> datetime:
        """The cloud's time (aware, UTC): ours and the skew."""
        return datetime.now(UTC) + self.clock_skew

    def timestamp(self) -> str:
        """The cloud's time as Google writes it: RFC 3339 with microseconds, in UTC."""
        return self.now().strftime("%Y-%m-%dT%H:%M:%S.%fZ")
