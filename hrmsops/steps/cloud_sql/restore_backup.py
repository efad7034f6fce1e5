"""Restore a backup into a new instance."""

from __future__ import annotations

from typing import Any, ClassVar

from hrmsops.engine.run import Run
from hrmsops.engine.step import Result, Step
from hrmsops.errors.backup import RestoreFailed
from hrmsops.steps.cloud_sql.made_instance import found, make, seen
from hrmsops.world import World


class RestoreBackup(Step[World], frozen=True, kw_only=True):
    """Restore `backup`, by its full name, into `into`, whose name ends in the run's id.

    `called` is its number, by which people know it. The instance that it was taken of need not
    exist any more. `settings` are those that the new instance is to have otherwise than the backup
    knows them. A name that carries our id is ours, as for a clone. Source: instances.restoreBackup,
    Cloud SQL Admin API v1.
    """

    name: ClassVar[str] = "restore-backup"

    backup: str
    called: str
    of: str
    into: str
    settings: dict[str, Any]

    def sentence(self) -> str:
        return f"Restore backup {self.called} of {self.of} into a new instance {self.into}"

    def find(self, world: World, run: Run) -> Result | None:
        return found(self.into, world)

    def apply(self, world: World, run: Run) -> Result:
        make(
            self.into,
            lambda: world.cloud_sql.restore_anew(
                self.backup, into=self.into, settings=self.settings
            ),
            failed=lambda why: RestoreFailed(instance=self.into, why=why),
            world=world,
            run=run,
        )
        return {}

    def revert(self, world: World, run: Run) -> bool:
        """Nothing is deleted, ever: True only where there is nothing of ours."""
        return seen(self.into, world) is None
