"""Which runs may leave the record: what is old, is over, and tells a later rollback nothing."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime

from hrmsops.engine.run import Run
from hrmsops.rollback.history import of_service
from hrmsops.steps.hold.held import active_hold

SERVED_KEPT = 10
"""As many revisions that were seen healthy are remembered, whatever their age."""


def prunable(
    runs: Sequence[Run], *, environment: str, before: datetime, held: str = ""
) -> tuple[Run, ...]:
    """Of `runs` (oldest first) those of the environment that began before that moment.

    What is unfinished stays, and so do a hold, the revisions that were rolled away from, the last
    that were seen healthy, the newest run of each command, the one that has the lease (`held`),
    and what a run that stays refers to.
    """
    ours = [run for run in runs if run.plan.environment == environment]
    kept = {run.id for run in ours if run.began_at >= before} | set(_needed(ours)) | {held}
    by_id = {run.id: run for run in ours}
    pending = [run_id for run_id in kept if run_id in by_id]
    while pending:
        for other in _referred_to(by_id[pending.pop()], by_id):
            if other not in kept:
                kept.add(other)
                pending.append(other)
    stays = [run for run in ours if run.id in kept]
    return tuple(run for run in ours if run.id not in kept) if _same(stays, ours) else ()


def _same(some: Sequence[Run], every: Sequence[Run]) -> bool:
    """Whether less tells the same of what is on hold, and of what was rolled away from."""
    return all(
        active_hold(some, service) == active_hold(every, service)
        and of_service(some, service).left == of_service(every, service).left
        for service in {run.plan.subject.get("service", "") for run in every}
    )


def _needed(runs: Sequence[Run]) -> Iterator[str]:
    newest = {run.plan.command: run.id for run in runs}
    yield from newest.values()
    yield from (run.id for run in runs if not run.closed)
    for service in {run.plan.subject.get("service", "") for run in runs}:
        history = of_service(runs, service)
        yield from history.left.values()
        yield from (each.run for each in history.served[-SERVED_KEPT:])
        if hold := active_hold(runs, service):
            yield from hold.runs


def _referred_to(run: Run, known: dict[str, Run]) -> Iterator[str]:
    words = " ".join([*run.plan.subject.values(), run.plan.command, run.plan.undo or ""])
    return (other for other in known if other != run.id and other in words)
