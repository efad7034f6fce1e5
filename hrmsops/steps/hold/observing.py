"""The one place where it is read what there is to hold."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TypeVar

from hrmsops.errors.cloud import ResourceMissing
from hrmsops.gcp.background import Execution
from hrmsops.steps.hold.facts import HoldFacts
from hrmsops.world import World

T = TypeVar("T")


def observe_hold(world: World) -> HoldFacts:
    """Look once at all that the configuration names.

    What is not there is told and holds nothing up: a name that was mistyped must not keep the
    rest from being held.
    """
    environment = world.environment
    hold, missing = environment.hold, list[str]()

    def found(word: str, kind: str, names: Iterable[str], read: Callable[[str], T]) -> list[T]:
        seen = []
        for name in dict.fromkeys(names):
            try:
                seen.append(read(world.full_name(kind, name)))
            except ResourceMissing:
                missing.append(f"{word} {name}")
        return seen

    pools = (*environment.worker_pools, *hold.worker_pools)
    jobs = (*environment.jobs, *hold.jobs)
    running: list[tuple[Execution, ...]] = found("job", "jobs", jobs, world.workers.running)
    return HoldFacts(
        schedulers=tuple(found("scheduler", "jobs", hold.schedulers, world.cloud_scheduler.job)),
        queues=tuple(found("queue", "queues", hold.queues, world.cloud_tasks.queue)),
        pools=tuple(found("worker pool", "workerPools", pools, world.workers.pool)),
        executions=tuple(execution for each in running for execution in each),
        missing=tuple(missing),
    )
