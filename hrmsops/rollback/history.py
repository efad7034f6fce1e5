"""What earlier runs say about revisions; Cloud Run itself keeps no history of traffic."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

import msgspec

from hrmsops.engine.entries import Finished
from hrmsops.engine.run import Run
from hrmsops.gcp.traffic import Traffic

ROLLBACK_APP = "rollback app"
BACK, FORTH = "back", "forth"
"""Whether a run went to an older revision; only that says anything bad of the one it left."""


class Served(msgspec.Struct, frozen=True, kw_only=True):
    """A run saw that `revision` had all the traffic from `at` on, or gave it that.

    `is_pinned`: what was deployed afterwards got nothing.
    """

    revision: str
    at: datetime
    run: str
    is_pinned: bool


class History(msgspec.Struct, frozen=True, kw_only=True):
    """`seen_healthy`: when a run last saw a revision well under traffic. `left`: the run that
    rolled away from a revision, as long as no later run went back to it.
    """

    seen_healthy: dict[str, datetime] = {}
    left: dict[str, str] = {}
    served: tuple[Served, ...] = ()


def of_service(runs: Iterable[Run], service: str) -> History:
    """What `runs` (oldest first) tell about `service`, named in full."""
    seen: dict[str, datetime] = {}
    left: dict[str, str] = {}
    served: list[Served] = []
    for run in runs:
        subject = run.plan.subject
        if subject.get("service") != service or run.outcome == "failed":
            continue
        if seen_at := _seen_healthy_at(run):
            seen[subject["to"]] = seen_at
            served.append(
                Served(revision=subject["to"], at=seen_at, run=run.id, is_pinned=_has_pinned(run))
            )
        if _has_shifted(run):
            left.pop(subject["to"], None)
            if run.plan.command == ROLLBACK_APP and subject.get("direction") == BACK:
                left[subject["from"]] = run.id
    return History(seen_healthy=seen, left=left, served=tuple(served))


def _has_pinned(run: Run) -> bool:
    """Whether the run's own shift sends everything to a revision by its name."""
    return any(
        isinstance(want := getattr(step, "want", None), Traffic) and want.is_pinned
        for step in run.plan.steps
    )


def _has_shifted(run: Run) -> bool:
    return any(
        step.name == "shift-traffic" and run.has_finished(number)
        for number, step in enumerate(run.plan.steps, start=1)
    )


def _seen_healthy_at(run: Run) -> datetime | None:
    checks = {n for n, step in enumerate(run.plan.steps, start=1) if step.name == "check-health"}
    for line in run.lines:
        entry = line.entry
        if isinstance(entry, Finished) and entry.step in checks:
            return line.at if entry.result.get("verdict") == "healthy" else None
    return None
