"""Take a worker pool's instances away, and give it back as many as a hold has found."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import ClassVar

from hrmsops.engine.run import Run
from hrmsops.engine.step import Result, Step
from hrmsops.engine.waiting import wait_for
from hrmsops.errors.cloud import ResourceMissing
from hrmsops.errors.hold import PoolNotScaled
from hrmsops.gcp.background import WorkerPool
from hrmsops.gcp.resources import short
from hrmsops.steps.hold.asking import ask_until
from hrmsops.world import World

SETTLE_DEADLINE = timedelta(minutes=10)
SETTLE_POLL = timedelta(seconds=2)


class StopWorkers(Step[World], frozen=True, kw_only=True):
    """Scale a pool to no instance, and keep how many it had: noted before the call."""

    name: ClassVar[str] = "stop-workers"

    pool: str

    def sentence(self) -> str:
        return f"Stop the workers of {short(self.pool)}"

    def find(self, world: World, run: Run) -> Result | None:
        pool = _pool(world, self.pool)
        if pool and (pool.instances or pool.is_reconciling):
            return None
        return {"found": run.noted(run.at_step).get("found", 0)}

    def apply(self, world: World, run: Run) -> Result:
        pool = _pool(world, self.pool)
        if pool and pool.instances:
            run.note(found=pool.instances)
        _scale(world, run, self.pool, into=0, unless=lambda seen: not seen.instances)
        return {}

    def revert(self, world: World, run: Run) -> bool:
        """What is stopped stays so: True only where every instance is still asked for."""
        pool = _pool(world, self.pool)
        return pool is None or pool.instances == run.noted(run.at_step).get("found", 0)


class RestoreWorkers(Step[World], frozen=True, kw_only=True):
    """Scale a pool to the `instances` that were found, unless somebody has scaled it since."""

    name: ClassVar[str] = "restore-workers"

    pool: str
    instances: int

    def sentence(self) -> str:
        plural = "" if self.instances == 1 else "s"
        return f"Give {short(self.pool)} its {self.instances} instance{plural} back"

    def find(self, world: World, run: Run) -> Result | None:
        pool = _pool(world, self.pool)
        if pool is None:
            return {"instances": 0, "gone": True}
        return {"instances": pool.instances} if pool.instances and not pool.is_reconciling else None

    def apply(self, world: World, run: Run) -> Result:
        _scale(world, run, self.pool, into=self.instances, unless=lambda seen: seen.instances > 0)
        return {}

    def revert(self, world: World, run: Run) -> bool:
        pool = _pool(world, self.pool)
        return pool is None or not pool.instances


def _scale(
    world: World, run: Run, name: str, *, into: int, unless: Callable[[WorkerPool], bool]
) -> None:
    """Ask for `into` instances, and wait until the pool has settled on them."""

    def is_so() -> bool:
        seen = _pool(world, name)
        return seen is None or unless(seen)

    def ask() -> None:
        run.note(operation=world.workers.scale(name, into, etag=world.workers.pool(name).etag))

    ask_until(is_so, ask, world=world, run=run)
    settled = wait_for(
        f"{short(name)} takes on {into} instances",
        lambda: _settled(world, name),
        run=run,
        clock=world.clock,
        patience=world.patience,
        deadline=SETTLE_DEADLINE,
        every=SETTLE_POLL,
    )
    if settled.failure and into:
        raise PoolNotScaled(pool=short(name), instances=into, why=settled.failure)


def _settled(world: World, name: str) -> WorkerPool | None:
    pool = _pool(world, name)
    if pool is None:  # It is gone: nothing of it works.
        return WorkerPool(name=name, etag="", instances=0, is_reconciling=False, failure="")
    return None if pool.is_reconciling else pool


def _pool(world: World, name: str) -> WorkerPool | None:
    try:
        return world.workers.pool(name)
    except ResourceMissing:
        return None
