"""Drill: the instance fails with its data and its logs; a retained backup brings it back."""

from __future__ import annotations

from hrmsops.sandbox.scenarios.committed import exported
from hrmsops.sandbox.scenarios.rewinding import Rewinding

WRITES_AFTER_BACKUP = 120
"""Requests that are answered after the backup and before the failure: in no database any more."""


class TotalFailure(Rewinding):
    """What was written since the backup is nowhere but in the application's own log."""

    name = "total-failure"
    branch = "backup"
    origin = "failed"
    reason = "The instance failed, its data and its logs are gone"

    def deploy(self) -> None:
        super().deploy()
        self._instance = self.estate.instance(self.production)
        self.estate.retain_backups(self.production)

    def damage(self) -> None:
        self.estate.client.back_up(self._instance)
        self.mark("backed-up", "the nightly backup is taken, users write on")
        before = len(self.traffic.outcomes)
        self.expect(
            lambda: len(self.traffic.outcomes) - before >= WRITES_AFTER_BACKUP,
            "users had written after the backup",
        )
        self.estate.client.destroy_instance(self._instance)
        self.mark("failed", f"{self._instance} is lost; its backups are retained")

    def sign(self) -> str:
        return self.failures()

    def way_back(self) -> tuple[str, ...]:
        self._log = exported(self.home, self.production)
        return ("rollback", "backup", "--backup", "latest", "--promote")

    def source(self) -> tuple[str, ...]:
        return ("--from", self._log.name)
