"""Say what is left for people to do."""

from __future__ import annotations

from typing import ClassVar

from hrmsops.engine.run import Run
from hrmsops.engine.step import Result, Step
from hrmsops.gcp.resources import short
from hrmsops.world import World

TO_DO = "to_do"


class TellFollowUps(Step[World], frozen=True, kw_only=True):
    """Everything outside of this run's reach that still names the old instance.

    What a deploy brings back (Terraform, CI) would lead users to the database that was left.
    """

    name: ClassVar[str] = "tell-follow-ups"
    changes: ClassVar[bool] = False

    environment: str
    service: str
    old: str
    new: str

    def sentence(self) -> str:
        return f"Say what still names {self.old}"

    def apply(self, world: World, run: Run) -> Result:
        replicas = self._replicas(world)
        return {
            TO_DO: [
                f'hrmsops.toml, [environments.{self.environment}]: instance = "{self.new}"',
                f"Terraform and CI: {self.new} instead of {self.old}, before the next deploy of "
                f"{short(self.service)} leads it back",
                f"Terraform: import {self.new}, and keep {self.old} from being destroyed",
                *(
                    f"{each} replicates {self.old}: make a replica of {self.new}"
                    for each in replicas
                ),
                f"{short(self.service)} is pinned: deploys get no traffic until hrmsops unpin",
                f"{self.old} is kept and goes on costing; delete it by hand when nothing is left",
                f"What was written since: hrmsops replay {run.id}",
            ]
        }

    def _replicas(self, world: World) -> tuple[str, ...]:
        from hrmsops.errors.cloud_sql import InstanceMissing

        try:
            return world.cloud_sql.instance(self.old).replicas
        except InstanceMissing:
            return ()
