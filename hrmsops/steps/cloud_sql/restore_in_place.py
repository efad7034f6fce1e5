"""Restore a backup over the data of the instance that serves."""

from __future__ import annotations

from collections.abc import Collection
from datetime import timedelta
from typing import ClassVar

from hrmsops.engine.run import Run
from hrmsops.engine.step import Result, Step
from hrmsops.engine.waiting import wait_for
from hrmsops.errors.backup import ReplicasInTheWay, RestoreFailed
from hrmsops.gcp.sql_resources import RUNNABLE, SqlOperation
from hrmsops.steps.cloud_sql.asking import POLL, ask_once
from hrmsops.world import World

DEADLINE = timedelta(hours=6)
RESTORE = "RESTORE_VOLUME"


class RestoreInPlace(Step[World], frozen=True, kw_only=True):
    """Replace all data of `instance` by `backup`, the number of a backup of `of`, once.

    A restore carries no name of ours. So the newest operation is noted before the call, and a
    restore that the instance shows above it is this one, whatever became of the answer. It burns
    the logs of point-in-time recovery. Source: instances.restoreBackup, Cloud SQL Admin API v1.
    """

    name: ClassVar[str] = "restore-in-place"
    loses_data: ClassVar[bool] = True

    instance: str
    backup: str
    of: str

    def sentence(self) -> str:
        return f"Replace all data of {self.instance} by backup {self.backup} of {self.of}"

    def find(self, world: World, run: Run) -> Result | None:
        ours = self._ours(world, run)
        if not ours or ours[0].error or not ours[0].is_over:
            return None
        if not world.cloud_sql.instance(self.instance).is_running:
            return None
        return {"instance": self.instance, "backup": self.backup, "operation": ours[0].name}

    def apply(self, world: World, run: Run) -> Result:
        failed = {operation.name for operation in self._ours(world, run) if operation.error}

        def seen() -> SqlOperation | None:
            return next((each for each in self._ours(world, run) if each.name not in failed), None)

        if seen() is None:
            self._refuse_replicas(world)
            self._note_newest(world, run)
            ask_once(
                lambda: world.cloud_sql.restore(self.backup, of=self.of, into=self.instance),
                is_there=lambda: seen() is not None,
                world=world,
                run=run,
            )
        wait_for(
            f"Cloud SQL restores {self.instance}",
            lambda: self._outcome(world, run, failed),
            run=run,
            clock=world.clock,
            patience=world.patience,
            deadline=DEADLINE,
            every=POLL,
        )
        return {}

    def revert(self, world: World, run: Run) -> bool:
        """What was overwritten is not brought back: True only where nothing was asked for."""
        return not self._ours(world, run)

    def _refuse_replicas(self, world: World) -> None:
        replicas = world.cloud_sql.instance(self.instance).replicas
        if replicas:
            raise ReplicasInTheWay(instance=self.instance, replicas=replicas)

    def _note_newest(self, world: World, run: Run) -> None:
        """Once: what a first attempt has noted stays true for the second."""
        if "after" not in run.noted(run.at_step):
            operations = world.cloud_sql.operations(self.instance)
            run.note(after=operations[0].name if operations else "")

    def _ours(self, world: World, run: Run) -> list[SqlOperation]:
        """Restores of this backup that came after what was noted, newest first."""
        noted = run.noted(run.at_step)
        if "after" not in noted:
            return []
        found = []
        for operation in world.cloud_sql.operations(self.instance):
            if operation.name == noted["after"]:
                break
            if operation.kind == RESTORE and operation.backup in ("", self.backup):
                found.append(operation)
        return found

    def _outcome(self, world: World, run: Run, failed: Collection[str]) -> bool | None:
        for operation in self._ours(world, run):
            if operation.name in failed:
                continue
            if operation.error:
                raise RestoreFailed(instance=self.instance, why=operation.error)
            instance = world.cloud_sql.instance(self.instance)
            if operation.is_over and instance.state == RUNNABLE:
                return True
            if operation.is_over and instance.state == "FAILED":
                raise RestoreFailed(instance=self.instance, why="Its state is FAILED.")
        return None
