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
    clone_delay: timedelta = timedelta(0)
    """How long a clone or a restore takes at least."""
    log_lag: timedelta = timedelta(0)
    """By how much the latest recovery time trails now."""
    metrics_lag: timedelta = timedelta(0)
    """How old a sample of Cloud Monitoring is before it can be read."""
    private_ip: bool = False
    """Whether instances have a private address only, which nothing outside of the cloud reaches."""

    @classmethod
    def of(cls, state: State) -> Distance:
        """As the sandbox was told when it was brought up."""
        kept = state.setting("distance", {})
        return cls(
            rtt=timedelta(seconds=kept.get("rtt_seconds", 0)),
            clock_skew=timedelta(seconds=kept.get("clock_skew_seconds", 0)),
            clone_delay=timedelta(seconds=kept.get("clone_delay_seconds", 0)),
            log_lag=timedelta(seconds=kept.get("log_lag_seconds", 0)),
            metrics_lag=timedelta(seconds=kept.get("metrics_lag_seconds", 0)),
            private_ip=kept.get("private_ip", False),
        )

    def keep(self, state: State) -> None:
        """Remember it for the next start."""
        state.set(
            "distance",
            {
                "rtt_seconds": self.rtt.total_seconds(),
                "clock_skew_seconds": self.clock_skew.total_seconds(),
                "clone_delay_seconds": self.clone_delay.total_seconds(),
                "log_lag_seconds": self.log_lag.total_seconds(),
                "metrics_lag_seconds": self.metrics_lag.total_seconds(),
                "private_ip": self.private_ip,
            },
        )

    def now(self) -> datetime:
        """The cloud's time (aware, UTC): ours and the skew."""
        return datetime.now(UTC) + self.clock_skew

    def timestamp(self) -> str:
        """The cloud's time as Google writes it: RFC 3339 with microseconds, in UTC."""
        return self.now().strftime("%Y-%m-%dT%H:%M:%S.%fZ")
