"""An instance that a run makes: its name ends in the run's id, so what has that name is ours."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta

from hrmsops.engine.run import Run
from hrmsops.engine.step import Result
from hrmsops.engine.waiting import wait_for
from hrmsops.errors.base import HrmsopsError
from hrmsops.errors.cloud_sql import InstanceExists, InstanceMissing
from hrmsops.gcp.sql_resources import RUNNABLE, Instance, SqlOperation
from hrmsops.steps.cloud_sql.asking import ask_once
from hrmsops.world import World

DEADLINE = timedelta(hours=3)
NOTICE = timedelta(seconds=2)
"""One call each time, some thirty a minute and eighty in the first: far from a quota."""
Failure = Callable[[str], HrmsopsError]
"""The error for why it was not made."""


def make(
    name: str,
    ask: Callable[[], SqlOperation],
    *,
    failed: Failure,
    world: World,
    run: Run,
    estimate: str = "",
) -> None:
    """Ask for it unless it is there, and wait until it runs and nothing is at work on it."""
    if seen(name, world) is None:
        # "Exists" answers a call of our own whose answer was lost: nobody else has our run's id.
        with suppress(InstanceExists):
            ask_once(ask, is_there=lambda: seen(name, world) is not None, world=world, run=run)
    wait_for(
        f"Cloud SQL makes {name}{estimate}",
        lambda: _outcome(name, world, failed),
        run=run,
        clock=world.clock,
        patience=world.patience,
        deadline=DEADLINE,
        every=NOTICE,
    )


def found(name: str, world: World) -> Result | None:
    """What a step that made it leaves; None while it is not there, or not ready."""
    instance = seen(name, world)
    if instance is None or not instance.is_running or is_busy(name, world):
        return None
    return {"instance": instance.name, "connection": instance.connection_name}


def seen(name: str, world: World) -> Instance | None:
    """The instance, None where there is none of that name."""
    try:
        return world.cloud_sql.instance(name)
    except InstanceMissing:
        return None


def is_busy(name: str, world: World) -> bool:
    return any(not operation.is_over for operation in world.cloud_sql.operations(name))


def _outcome(name: str, world: World, failed: Failure) -> Instance | None:
    operations = world.cloud_sql.operations(name)
    for operation in operations:
        if operation.kind in ("CLONE", "RESTORE_VOLUME") and operation.error:
            raise failed(operation.error)
    if not all(operation.is_over for operation in operations):
        return None  # Nothing else is asked as long as it goes on.
    instance = seen(name, world)
    if instance is None and operations and operations[0].kind == "DELETE":
        raise failed(f"{operations[0].user or 'Somebody'} has deleted it meanwhile.")
    if instance is not None and instance.state == "FAILED":
        raise failed("Its state is FAILED.")
    is_there = instance is not None and instance.state == RUNNABLE
    return instance if is_there else None
