"""Make a new instance as another was at a moment."""

from __future__ import annotations

from contextlib import suppress
from datetime import datetime, timedelta
from typing import ClassVar

from hrmsops.engine.run import Run
from hrmsops.engine.step import Result, Step
from hrmsops.engine.waiting import wait_for
from hrmsops.errors.cloud_sql import InstanceExists, InstanceMissing
from hrmsops.errors.pitr import CloneFailed
from hrmsops.gcp.sql_resources import RUNNABLE, Instance
from hrmsops.steps.cloud_sql.asking import POLL, ask_once
from hrmsops.world import World

DEADLINE = timedelta(hours=3)


class CloneInstance(Step[World], frozen=True, kw_only=True):
    """Clone `source` as it was `at` into `into`, whose name ends in the run's id.

    A name that carries our id is ours: asked for twice it is answered with "exists already", so a
    lost answer can never lead to a second clone. Source: instances.clone, Cloud SQL Admin API v1.
    """

    name: ClassVar[str] = "clone-instance"

    source: str
    into: str
    at: datetime

    def sentence(self) -> str:
        return f"Clone {self.source} as it was at {self.at:%Y-%m-%d %H:%M:%S} UTC into {self.into}"

    def find(self, world: World, run: Run) -> Result | None:
        instance = self._seen(world)
        if instance is None or not instance.is_running or self._is_under_way(world):
            return None
        return {"instance": instance.name, "connection": instance.connection_name}

    def apply(self, world: World, run: Run) -> Result:
        if self._seen(world) is None:
            self._ask(world, run)
        wait_for(
            f"Cloud SQL makes {self.into}",
            lambda: self._outcome(world),
            run=run,
            clock=world.clock,
            patience=world.patience,
            deadline=DEADLINE,
            every=POLL,
        )
        return {}

    def revert(self, world: World, run: Run) -> bool:
        """Nothing is deleted, ever: True only where there is nothing of ours."""
        return self._seen(world) is None

    def _ask(self, world: World, run: Run) -> None:
        # "Exists" answers a call of our own whose answer was lost: the name carries our run's id.
        with suppress(InstanceExists):
            ask_once(
                lambda: world.cloud_sql.clone(self.source, into=self.into, at=self.at),
                is_there=lambda: self._seen(world) is not None,
                world=world,
                run=run,
            )

    def _outcome(self, world: World) -> Instance | None:
        for operation in world.cloud_sql.operations(self.into):
            if operation.kind == "CLONE" and operation.is_over and operation.error:
                raise CloneFailed(clone=self.into, why=operation.error)
        instance = self._seen(world)
        if instance is not None and instance.state == "FAILED":
            raise CloneFailed(clone=self.into, why="Its state is FAILED.")
        is_there = instance is not None and instance.state == RUNNABLE
        return instance if is_there and not self._is_under_way(world) else None

    def _is_under_way(self, world: World) -> bool:
        return any(not operation.is_over for operation in world.cloud_sql.operations(self.into))

    def _seen(self, world: World) -> Instance | None:
        try:
            return world.cloud_sql.instance(self.into)
        except InstanceMissing:
            return None
