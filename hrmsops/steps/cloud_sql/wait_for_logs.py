"""Wait until the transaction logs of a moment have been shipped."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import ClassVar

from hrmsops.engine.run import Run
from hrmsops.engine.step import Result, Step
from hrmsops.engine.waiting import wait_for
from hrmsops.gcp.cloud_sql import rfc3339
from hrmsops.world import World

DEADLINE = timedelta(minutes=30)
POLL = timedelta(seconds=10)


class WaitForLogs(Step[World], frozen=True, kw_only=True):
    """A moment of a few minutes ago is not in the window yet: logs are shipped every five minutes.

    Source: instances.getLatestRecoveryTime, Cloud SQL Admin API v1.
    """

    name: ClassVar[str] = "wait-for-logs"
    changes: ClassVar[bool] = False

    instance: str
    until: datetime

    def sentence(self) -> str:
        return f"Wait until the logs of {self.instance} reach {self.until:%H:%M:%S} UTC"

    def apply(self, world: World, run: Run) -> Result:
        def reached() -> datetime | None:
            latest = world.cloud_sql.window(self.instance).latest
            return latest if latest >= self.until else None

        latest = wait_for(
            self.sentence(),
            reached,
            run=run,
            clock=world.clock,
            patience=world.patience,
            deadline=DEADLINE,
            every=POLL,
        )
        return {"latest": rfc3339(latest)}
