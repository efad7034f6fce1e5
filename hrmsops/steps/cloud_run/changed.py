"""What is said where somebody else has changed a service since it was planned for."""

from __future__ import annotations

from collections.abc import Iterator

from hrmsops.engine.run import Run
from hrmsops.errors.rollback import TrafficChanged
from hrmsops.gcp.resources import Service, short
from hrmsops.gcp.traffic import LATEST, Traffic

STATUS = "hrmsops status"
FENCES = ("fence-database", "close-for-restore")
"""Steps behind which users are without a database."""


def traffic_changed(
    seen: Service, *, since: Traffic, run: Run, onwards: str = ""
) -> TrafficChanged:
    """The error that tells who changed `seen`, and in what it is not as it was: `since`.

    `onwards` is a command that goes on from what `run` has made, "" where there is none.
    """
    closes = closing(run)
    return TrafficChanged(
        service=short(seen.name),
        by=seen.last_modifier,
        at=seen.updated_at,
        now=in_words(seen, since=since),
        fix=f"{closes}, then {onwards}" if onwards and closes != STATUS else closes,
    )


def require_alone(seen: Service, revision: str, *, run: Run) -> None:
    """Raise TrafficChanged unless `revision` serves every request, as `run` has seen or asked."""
    if seen.statuses.shares != ((revision, 100),):
        raise TrafficChanged(
            service=short(seen.name),
            by=seen.last_modifier,
            at=seen.updated_at,
            now=seen.statuses.sentence(),
            fix=closing(run),
        )


def closing(run: Run) -> str:
    """What closes a run that stays open and will meet the same at each `resume`.

    Where it keeps users out, to close it would leave them there: `status` says what lets them in.
    """
    steps = enumerate(run.plan.steps, start=1)
    keeps_out = any(run.has_finished(n) for n, step in steps if step.name in FENCES)
    return f"hrmsops runs abandon {run.id}" if run.has_changed and not keeps_out else STATUS


def in_words(seen: Service, *, since: Traffic) -> str:
    """The traffic as it is; which revision is the latest, and which tags were moved.

    A deploy leaves what was asked for as it was, a tag leaves every share: without these the
    sentence would say what the plan said.
    """
    latest = f", {seen.latest_ready}" if LATEST in dict(seen.traffic.shares) else ""
    return "; ".join((f"{seen.traffic.sentence()}{latest}", *_moved(since, seen.traffic)))


def _moved(before: Traffic, now: Traffic) -> Iterator[str]:
    was, are = dict(before.tags), dict(now.tags)
    for tag in sorted(was.keys() | are.keys()):
        if tag not in are:
            yield f"tag {tag} is gone"
        elif are[tag] != was.get(tag):
            yield f"tag {tag} is on {are[tag] or 'the latest revision'}"
