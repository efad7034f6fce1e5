"""The steps of a hold, from what starts work to what does it; and of its end, the other way."""

from __future__ import annotations

from itertools import groupby
from typing import Any

import msgspec

from hrmsops.engine.step import Step
from hrmsops.gcp.resources import Service
from hrmsops.gcp.traffic import LATEST
from hrmsops.steps.hold import held
from hrmsops.steps.hold.executions import CancelExecutions
from hrmsops.steps.hold.facts import HoldFacts
from hrmsops.steps.hold.held import Held, Hold
from hrmsops.steps.hold.queues import PauseQueue, ResumeQueue
from hrmsops.steps.hold.schedulers import PauseScheduler, ResumeScheduler
from hrmsops.steps.hold.traffic import HoldTraffic, ReleaseTraffic
from hrmsops.steps.hold.worker_pools import RestoreWorkers, StopWorkers


def holding(facts: HoldFacts, *, cancel: bool) -> tuple[Step[Any], ...]:
    """The steps that hold everything of `facts` that works; the first ones of a recovery.

    What is paused already has no step, and so is not let go on by `hold off` either. `cancel`
    ends running executions, which nothing brings back.
    """
    steps: list[Step[Any]] = [PauseScheduler(scheduler=each.name) for each in facts.enabled]
    steps += [PauseQueue(queue=each.name) for each in facts.running]
    steps += [StopWorkers(pool=each.name) for each in facts.working]
    if cancel:
        by_job = groupby(facts.executions, key=lambda each: each.job)
        steps += [CancelExecutions(executions=tuple(e.name for e in each)) for _, each in by_job]
    return tuple(steps)


def moving(service: Service, *, revision: str) -> tuple[Step[Any], ...]:
    """The step by which `revision` takes all traffic meanwhile; none where it has it.

    Not for a recovery, whose own steps shift traffic and expect to find it where it was.
    """
    if service.statuses.shares == ((revision, 100),):
        return ()
    want = service.traffic.all_to(revision)
    return (
        HoldTraffic(
            service=service.name, before=service.traffic, serving=service.statuses, want=want
        ),
    )


def releasing(hold: Hold, service: Service) -> tuple[Step[Any], ...]:
    """The steps that restore what `hold` has stopped, in the opposite order.

    Traffic that somebody moved since the hold moved it stays where it is.
    """
    steps: list[Step[Any]] = []
    for item in reversed(hold.items):
        match item.kind:
            case held.SCHEDULER:
                steps.append(ResumeScheduler(scheduler=item.name))
            case held.QUEUE:
                steps.append(ResumeQueue(queue=item.name))
            case held.POOL:
                steps.append(RestoreWorkers(pool=item.name, instances=item.instances))
            case held.TRAFFIC if not is_moved_on(item, service):
                steps.append(_back(item, service))
    return tuple(steps)


def is_moved_on(item: Held, service: Service) -> bool:
    """Whether the traffic is elsewhere by now than where the hold has put it."""
    return item.moved is None or service.traffic.shares != item.moved.shares


def _back(item: Held, service: Service) -> ReleaseTraffic:
    assert item.before is not None, "Traffic that was moved was somewhere before."
    want = msgspec.structs.replace(service.traffic, shares=item.before.shares)
    return ReleaseTraffic(
        service=service.name,
        before=service.traffic,
        serving=service.statuses,
        want=want,
        latest=service.latest_ready if LATEST in dict(want.shares) else "",
    )
