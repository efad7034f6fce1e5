"""How a drill went, as data."""

from __future__ import annotations

from dataclasses import dataclass

from hrmsops.sandbox.scenarios.document import DrillDocument, LostWrite
from hrmsops.sandbox.scenarios.timeline import Timeline
from hrmsops.sandbox.traffic import Count
from hrmsops.sandbox.writes import Acknowledged


@dataclass(frozen=True, kw_only=True)
class Rewound:
    """What a recovery that went back in time did with what was written since."""

    replayed: int
    """Rows that a replay inserted, updated or deleted."""
    conflicts: int
    """Rows that it listed instead, for a person to decide."""
    payments_doubled: list[str]
    """The payslips' numbers that the bank paid more than once."""


@dataclass(frozen=True, kw_only=True)
class Result:
    """`by_second` counts the requests of each whole second since the first."""

    scenario: str
    origin: str
    recovered: bool
    prescribed: str
    """The branch of the guide's tree that was right."""
    advised: str
    """The one that hrmsops advised; "" where the drill did not ask it."""
    taken: str
    """The one that was taken, by the record; "" for none."""
    acknowledged_writes: int
    """Requests; each may have written several rows."""
    lost_writes: list[Acknowledged]
    """Rows; their `columns` are those that the database has not."""
    requests: int
    failed_requests: int
    by_second: list[Count]
    run: str | None
    problem: str
    """What went wrong in the operator's command, else ""."""
    timeline: Timeline
    rewound: Rewound | None = None

    @property
    def is_success(self) -> bool:
        """Well again and well advised, every acknowledged write is there, nobody was paid twice."""
        doubled = self.rewound.payments_doubled if self.rewound else []
        is_well_advised = self.advised in ("", self.prescribed)
        return self.recovered and not self.lost_writes and not doubled and is_well_advised

    @property
    def reverted(self) -> int:
        """Of the lost: edits and deletions, the older row being there again without a word."""
        return sum(write.op != "insert" for write in self.lost_writes)

    def document(self) -> DrillDocument:
        """The JSON of `hrmsops drill`; a number of seconds is None when its end never came.

        Keys and counts alone: no value that anybody wrote.
        """
        seconds = self.timeline.seconds
        told: DrillDocument = {
            "scenario": self.scenario,
            "recovered": self.recovered,
            "prescribed": self.prescribed,
            "advised": self.advised or None,
            "taken": self.taken or None,
            "acknowledged_writes": self.acknowledged_writes,
            "lost_writes": [_lost(write) for write in self.lost_writes],
            "reverted_writes": self.reverted,
            "requests": self.requests,
            "failed_requests": self.failed_requests,
            "seconds": {
                "detect": seconds("detected", after=self.origin),
                "contain": self._contained(),
                "decide": seconds("decided", after="detected"),
                "recover": seconds("verified", after="detected"),
                "total": seconds("verified", after=self.origin),
            },
            "run": self.run,
            "problem": self.problem,
            "timeline": self.timeline.document(),
        }
        if rewound := self.rewound:
            told["replayed"] = rewound.replayed
            told["conflicts"] = rewound.conflicts
            told["payments_doubled"] = len(rewound.payments_doubled)
        return told

    def _contained(self) -> float | None:
        """Until the harm grew no more: payroll was held, or users were led away from it."""
        found = [self.timeline.seconds(each, after="detected") for each in ("held", "shifted")]
        return min((each for each in found if each is not None), default=None)


def _lost(write: Acknowledged) -> LostWrite:
    return {
        "request_id": write.request_id,
        "table": write.table,
        "row_id": write.row_id,
        "op": write.op,
        "columns": sorted(write.columns),
    }
