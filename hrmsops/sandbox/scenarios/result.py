"""How a drill went, as data."""

from __future__ import annotations

from dataclasses import asdict, dataclass

from hrmsops.sandbox.scenarios.timeline import Timeline
from hrmsops.sandbox.traffic import Acknowledged, Count


@dataclass(frozen=True, kw_only=True)
class Result:
    """`by_second` counts the requests of each whole second since the first."""

    scenario: str
    recovered: bool
    acknowledged_writes: int
    lost_writes: list[Acknowledged]
    requests: int
    failed_requests: int
    by_second: list[Count]
    run: str | None
    problem: str
    """What went wrong in the operator's command, else ""."""
    timeline: Timeline

    @property
    def is_success(self) -> bool:
        """Production is well again and every write that was acknowledged is there."""
        return self.recovered and not self.lost_writes

    def document(self) -> dict[str, object]:
        """The JSON of `hrmsops drill`; a number of seconds is None when its end never came."""
        seconds = self.timeline.seconds
        return {
            "schema": 1,
            "scenario": self.scenario,
            "recovered": self.recovered,
            "acknowledged_writes": self.acknowledged_writes,
            "lost_writes": [asdict(write) for write in self.lost_writes],
            "requests": self.requests,
            "failed_requests": self.failed_requests,
            "seconds": {
                "detect": seconds("detected", after="released"),
                "recover": seconds("verified", after="detected"),
                "total": seconds("verified", after="released"),
            },
            "run": self.run,
            "timeline": self.timeline.document(),
        }
