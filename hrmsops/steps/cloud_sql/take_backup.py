"""Take a backup of an instance, on demand."""

from __future__ import annotations

from datetime import timedelta
from statistics import median
from typing import ClassVar

from hrmsops.engine.run import Run
from hrmsops.engine.step import Result, Step
from hrmsops.engine.waiting import wait_for
from hrmsops.errors.backup import BackupNotTaken
from hrmsops.gcp.cloud_sql import rfc3339
from hrmsops.gcp.sql_resources import Backup
from hrmsops.steps.cloud_sql.asking import POLL, ask_once
from hrmsops.world import World

DEADLINE = timedelta(hours=3)
BACKUP = "BACKUP_VOLUME"


class TakeBackup(Step[World], frozen=True, kw_only=True):
    """A backup of `instance` whose description carries the run's id and what it is for.

    The description is how ours is told from others: a second one is never asked for while ours is
    there, lost answer or not. `purpose` completes "A backup …" and is unlike that of any other
    backup of the same run. One of ours that has failed is no backup: `resume` asks for another.
    Nothing is ever deleted. Source: backupRuns.insert, Cloud SQL Admin API v1.
    """

    name: ClassVar[str] = "take-backup"

    instance: str
    purpose: str

    def sentence(self) -> str:
        return f"Take a backup of {self.instance} {self.purpose}, and wait for it"

    def find(self, world: World, run: Run) -> Result | None:
        good = [backup for backup in self._ours(world, run) if backup.is_good]
        if not good:
            return None
        ended = good[0].ended_at
        return {
            "backup": good[0].id,
            "instance": self.instance,
            "ended_at": rfc3339(ended) if ended else "",
        }

    def apply(self, world: World, run: Run) -> Result:
        earlier = {backup.id for backup in self._ours(world, run) if backup.has_failed}
        if self._seen(world, run, besides=earlier) is None:
            ask_once(
                lambda: world.cloud_sql.create_backup(self.instance, description=self._mark(run)),
                is_there=lambda: self._seen(world, run, besides=earlier) is not None,
                world=world,
                run=run,
            )
        wait_for(
            f"Cloud SQL backs up {self.instance}{self._estimate(world)}",
            lambda: self._outcome(world, run, besides=earlier),
            run=run,
            clock=world.clock,
            patience=world.patience,
            deadline=DEADLINE,
            every=POLL,
        )
        return {}

    def _outcome(self, world: World, run: Run, *, besides: set[str]) -> Backup | None:
        backup = self._seen(world, run, besides=besides)
        operations = world.cloud_sql.operations(self.instance)
        ours = run.noted(run.at_step).get("operation")
        for operation in operations:
            if operation.name == ours and operation.error:
                raise BackupNotTaken(instance=self.instance, why=operation.error)
        if backup is not None and backup.has_failed:
            raise BackupNotTaken(instance=self.instance, why=backup.error)
        # The instance stays busy until the operation has ended too, a moment after the backup.
        is_free = all(each.is_over or each.kind != BACKUP for each in operations)
        return backup if backup is not None and backup.is_good and is_free else None

    def revert(self, world: World, run: Run) -> bool:
        """A backup that was taken stays: True only where none of ours is there or can come."""
        return all(backup.has_failed for backup in self._ours(world, run))

    def _ours(self, world: World, run: Run) -> list[Backup]:
        """Newest first."""
        mark = self._mark(run)
        return [each for each in world.cloud_sql.backups(self.instance) if each.description == mark]

    def _seen(self, world: World, run: Run, *, besides: set[str]) -> Backup | None:
        return next((each for each in self._ours(world, run) if each.id not in besides), None)

    def _mark(self, run: Run) -> str:
        return f"hrmsops {run.id}: {self.purpose}"

    def _estimate(self, world: World) -> str:
        took = [each.took for each in world.cloud_sql.backups(self.instance) if each.is_good]
        seconds = [duration.total_seconds() for duration in took if duration is not None]
        return f"; earlier ones took {median(seconds):.0f} s" if seconds else ""


class BackUpFirst(TakeBackup, frozen=True, kw_only=True):
    """The net below a step that destroys. Where the run ends before that, nothing is changed by it.

    The backup is kept all the same.
    """

    name: ClassVar[str] = "back-up-first"
    is_scaffold: ClassVar[bool] = True

    def revert(self, world: World, run: Run) -> bool:
        return True
