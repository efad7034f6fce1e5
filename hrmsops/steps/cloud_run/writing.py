"""How a traffic assignment is written: after a look, under its etag, never repeated blindly."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

from hrmsops.engine.jitter import jitter
from hrmsops.engine.run import Run
from hrmsops.engine.waiting import wait_for
from hrmsops.errors.cloud import CallNotAnswered, EtagStale
from hrmsops.errors.rollback import RevisionGone
from hrmsops.gcp.resources import Service, short
from hrmsops.gcp.traffic import LATEST, Traffic
from hrmsops.steps.cloud_run.changed import traffic_changed
from hrmsops.world import World

ASK_AGAIN_FOR = timedelta(minutes=2)
SETTLE_DEADLINE = timedelta(minutes=10)
SETTLE_POLL = timedelta(seconds=2)

Change = Callable[[Service], Traffic | None]
"""What to ask for, given the service as it is now; None where it is asked for already."""


def write(world: World, run: Run, *, service: str, change: Change) -> Service:
    """Ask for what `change` wants and wait until the service has settled.

    `change` is called on a fresh reading before each attempt and raises where it finds the
    service in a state that nobody planned for. A lost answer leads to another look, never to
    another call on trust; a stale etag to TrafficChanged, unless our own wish came through.
    """
    until = world.clock.now() + ASK_AGAIN_FOR
    pause = 0.2
    while True:
        seen = world.cloud_run.service(service)
        wanted = change(seen)
        if wanted is None:
            break
        try:
            operation = world.cloud_run.update_traffic(service, wanted, etag=seen.etag)
        except EtagStale as error:
            raise_unless_ours(world, run, service, wanted, since=seen.traffic, error=error)
            break
        except CallNotAnswered as error:
            if world.clock.now() >= until:
                raise
            run.progress(f"{error.why}; looking again")
            world.clock.sleep(timedelta(seconds=pause * jitter(0.8, 1.2)))
            pause = min(pause * 2, 10.0)
        else:
            run.note(operation=operation)
            break
    return settled(world, run, service)


def raise_unless_ours(
    world: World, run: Run, service: str, wanted: Traffic, *, since: Traffic, error: EtagStale
) -> None:
    """An etag is also stale when our own call came through and its answer was lost."""
    now = world.cloud_run.service(service)
    if now.traffic != wanted:
        raise traffic_changed(now, since=since, run=run) from error


def raise_if_gone(world: World, service: str, wanted: set[str], error: Exception) -> None:
    """A refusal that comes of a revision's having been deleted meanwhile names that revision."""
    there = {revision.name for revision in world.cloud_run.revisions(service)}
    for revision in sorted(wanted - there - {LATEST}):
        raise RevisionGone(revision=revision) from error


def settled(world: World, run: Run, service: str) -> Service:
    """The service once nothing is under way on it, whether or not that came through."""

    def look() -> Service | None:
        seen = world.cloud_run.service(service)
        return None if seen.is_reconciling else seen

    return wait_for(
        f"{short(service)} takes on its new traffic",
        look,
        run=run,
        clock=world.clock,
        patience=world.patience,
        deadline=SETTLE_DEADLINE,
        every=SETTLE_POLL,
    )
