"""Drill: a migration corrupts values while users go on writing; its own reverse restores them."""

from __future__ import annotations

import shlex
from typing import ClassVar

from hrmsops.sandbox.blueprint import PRODUCTION
from hrmsops.sandbox.habits import editing
from hrmsops.sandbox.scenarios.drill import WAIT_SECONDS_MAX, Drill
from hrmsops.sandbox.scenarios.monitor import wait_until
from hrmsops.sandbox.scenarios.operator import Answer, Call
from hrmsops.sandbox.scenarios.traffic_watch import TrafficWatch
from hrmsops.sandbox.writes import Habit

CORRUPTING_RELEASE = "2024.3-corrupting"
APP, UNDO = "leave", "0002"
REASON = "The migration of 2024.3 corrupted leave types"
COMMAND = (
    *("rollback", "migration", APP, "--undo", UNDO),
    *("-e", PRODUCTION.name, "--reason", REASON),
)
EDITS_ON_DAMAGE = 120
"""Requests that users are given time for on what is damaged, before anybody notices."""


class BadMigration(Drill):
    """The types of leave requests are emptied; the engineer has the release's code at hand."""

    name = "bad-migration"
    branch = "migration"
    releases = (CORRUPTING_RELEASE,)
    habit: ClassVar[Habit] = staticmethod(editing)
    has_records = True

    def damage(self) -> None:
        self._bad = self.estate.release(self.production, CORRUPTING_RELEASE)
        self.mark("released", f"{CORRUPTING_RELEASE} is live, with two migrations of {APP}")

    def sign(self) -> str:
        since = self.timeline.monotonic("released") or 0.0
        if self.traffic.counted(since=since).requests < EDITS_ON_DAMAGE:
            return ""
        failed = self.untrue()
        return f"not true any more: {', '.join(failed)}" if failed else ""

    def recover(self) -> Answer:
        with TrafficWatch(
            lambda: self.estate.service(self.production),
            self._bad,
            on_decided=lambda: None,  # It was decided when the command was typed.
            on_shifted=lambda: self.mark("shifted", f"the traffic has left {self._bad}"),
        ):
            answer = self._call().answer()
            if wait_until(lambda: self.is_well("shifted"), seconds_max=WAIT_SECONDS_MAX):
                self.mark("verified", "the checks are true, and users can work")
        return answer

    def _call(self) -> Call:
        return Call(
            words=COMMAND,
            desk=self.desk,
            decided=lambda: self.mark("decided", shlex.join(("hrmsops", *COMMAND))),
        )
