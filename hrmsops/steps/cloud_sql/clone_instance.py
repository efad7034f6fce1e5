"""Make a new instance as another was at a moment."""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar

from hrmsops.engine.run import Run
from hrmsops.engine.step import Result, Step
from hrmsops.errors.pitr import CloneFailed
from hrmsops.steps.cloud_sql.made_instance import found, make, seen
from hrmsops.world import World


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
        return found(self.into, world)

    def apply(self, world: World, run: Run) -> Result:
        make(
            self.into,
            lambda: world.cloud_sql.clone(self.source, into=self.into, at=self.at),
            failed=lambda why: CloneFailed(clone=self.into, why=why),
            world=world,
            run=run,
        )
        return {}

    def revert(self, world: World, run: Run) -> bool:
        """Nothing is deleted, ever: True only where there is nothing of ours."""
        return seen(self.into, world) is None
