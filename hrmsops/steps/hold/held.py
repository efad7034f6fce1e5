"""What the record says is on hold: by which run, since when, and how it was found."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any

import msgspec

from hrmsops.engine.entries import Started
from hrmsops.engine.run import Run
from hrmsops.gcp.background import ENABLED, RUNNING
from hrmsops.gcp.traffic import Traffic
from hrmsops.steps.hold.executions import CancelExecutions
from hrmsops.steps.hold.queues import PauseQueue, ResumeQueue
from hrmsops.steps.hold.schedulers import PauseScheduler, ResumeScheduler
from hrmsops.steps.hold.traffic import HoldTraffic, ReleaseTraffic
from hrmsops.steps.hold.worker_pools import RestoreWorkers, StopWorkers

SCHEDULER, QUEUE, POOL, TRAFFIC = "scheduler", "queue", "worker pool", "traffic"


class Held(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that a run has stopped. `instances` is a pool's, `before` and `moved` traffic's."""

    kind: str
    name: str
    run: str
    by: str
    since: datetime
    instances: int = 0
    before: Traffic | None = None
    moved: Traffic | None = None


class Recovery(msgspec.Struct, frozen=True, kw_only=True):
    """A run that goes back to the data of a moment: what left since then may be wrong."""

    run: str
    at: datetime
    instance: str


class Hold(msgspec.Struct, frozen=True, kw_only=True):
    """All that is on hold, in the order in which it was stopped, and the runs behind it."""

    items: tuple[Held, ...]
    since: datetime
    reason: str
    cancelled: tuple[str, ...]
    unfinished: tuple[tuple[str, str], ...]
    """(run, command) of each run of this hold that is not over."""
    recoveries: tuple[Recovery, ...]

    def of(self, kind: str) -> tuple[Held, ...]:
        return tuple(item for item in self.items if item.kind == kind)

    @property
    def runs(self) -> tuple[str, ...]:
        """Those that hold something."""
        return tuple(dict.fromkeys(item.run for item in self.items))

    @property
    def counts_from(self) -> datetime:
        """From when on it matters what left: the earliest moment gone back to, else its own."""
        return min([self.since, *(each.at for each in self.recoveries)])


def active_hold(runs: Iterable[Run], service: str) -> Hold | None:
    """What `runs` (oldest first) still hold of `service`, named in full; None where nothing."""
    ours = [run for run in runs if run.plan.subject.get("service") == service]
    held: dict[tuple[str, str], Held] = {}
    for run in ours:
        for number, step in enumerate(run.plan.steps, start=1):
            if released := _released(step, run, number):
                held.pop(released, None)
            elif item := _held(step, run, number):
                held.setdefault((item.kind, item.name), item)
    if not held:
        return None
    items = tuple(sorted(held.values(), key=lambda item: item.since))
    first = next(run for run in ours if run.id == items[0].run)
    later = [run for run in ours if run.began_at >= first.began_at]
    holders = {item.run for item in items}
    beside = [run for run in ours if run.ended_at is None or run.ended_at >= first.began_at]
    recoveries = tuple(_recoveries(beside))
    parts = holders | {each.run for each in recoveries}
    return Hold(
        items=items,
        since=first.began_at,
        reason=first.plan.reason,
        cancelled=tuple(name for run in later for name in _cancelled(run)),
        unfinished=tuple(
            (run.id, run.plan.command) for run in beside if not run.closed and run.id in parts
        ),
        recoveries=recoveries,
    )


def _held(step: Any, run: Run, number: int) -> Held | None:
    """What a step stopped: by its result, or by its note where it died before that was kept."""
    if not run.has_started(number):
        return None
    kept = run.result(number) or run.noted(number)
    found = kept.get("found")
    match step:
        case PauseScheduler() if found == ENABLED:
            return _item(run, number, SCHEDULER, step.scheduler)
        case PauseQueue() if found == RUNNING:
            return _item(run, number, QUEUE, step.queue)
        case StopWorkers() if found:
            return _item(run, number, POOL, step.pool, instances=int(found))
        case HoldTraffic():
            return _item(run, number, TRAFFIC, step.service, before=step.before, moved=step.want)
    return None


def _item(run: Run, number: int, kind: str, name: str, **rest: Any) -> Held:
    line = next(
        line for line in run.lines if isinstance(line.entry, Started) and line.entry.step == number
    )
    return Held(kind=kind, name=name, run=run.id, by=line.by, since=line.at, **rest)


def _released(step: Any, run: Run, number: int) -> tuple[str, str] | None:
    if not run.has_finished(number):
        return None
    match step:
        case ResumeScheduler():
            return SCHEDULER, step.scheduler
        case ResumeQueue():
            return QUEUE, step.queue
        case RestoreWorkers():
            return POOL, step.pool
        case ReleaseTraffic():
            return TRAFFIC, step.service
    return None


def _cancelled(run: Run) -> Iterator[str]:
    for number, step in enumerate(run.plan.steps, start=1):
        if isinstance(step, CancelExecutions) and (result := run.result(number)):
            yield from result["cancelled"]


def _recoveries(runs: Iterable[Run]) -> Iterator[Recovery]:
    """Runs that name the moment (`at`) and the instance whose data they go back from."""
    for run in runs:
        subject = run.plan.subject
        if "at" in subject and "instance" in subject and run.outcome not in ("failed", "abandoned"):
            at = datetime.fromisoformat(subject["at"])
            yield Recovery(run=run.id, at=at, instance=subject["instance"])
