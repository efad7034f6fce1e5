"""Say what is left for people to do."""

from __future__ import annotations

from typing import ClassVar

from hrmsops.engine.run import Run
from hrmsops.engine.step import Result, Step
from hrmsops.gcp.resources import short
from hrmsops.steps.cloud_sql.made_instance import seen
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
    is_new_made: bool
    """By this run or the one before it: infrastructure code has never heard of it."""
    keeps_for_replay: bool
    is_old_read: bool = True
    """What the new one lacks was read from the old one; else the application's log alone has it."""

    def sentence(self) -> str:
        return f"Say what still names {self.old}"

    def apply(self, world: World, run: Run) -> Result:
        return {TO_DO: [*self._to_name(world), *self._to_end(run)]}

    def _to_name(self, world: World) -> tuple[str, ...]:
        name = short(self.service)
        found = [
            f'hrmsops.toml: instance = "{self.new}" in [environments.{self.environment}]',
            f"Terraform, CI: {self.new} for {self.old}, before a deploy leads {name} back",
        ]
        if self.is_new_made:
            found.append(f"Terraform: import {self.new}; keep {self.old} from being destroyed")
        replicas = self._replicas(world)
        found += [f"{each} replicates {self.old}; make one of {self.new}" for each in replicas]
        return tuple(found)

    def _to_end(self, run: Run) -> tuple[str, ...]:
        found = [
            f"{short(self.service)} is pinned: deploys get no traffic until hrmsops unpin",
            f"{self.old} is kept, and costs, until you delete it",
        ]
        if self.keeps_for_replay:
            by, log = "", ""
            if not self.is_old_read:
                by, log = ", by the application's own log", " --from FILE"
            found.append(f"What was written to it since{by}: hrmsops replay {run.id}{log}")
        return tuple(found)

    def _replicas(self, world: World) -> tuple[str, ...]:
        found = seen(self.old, world)
        return found.replicas if found else ()
