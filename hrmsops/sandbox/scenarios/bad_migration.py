"""Drill: a migration corrupts values while users go on writing; its own reverse restores them."""

from __future__ import annotations

import shlex
from typing import ClassVar

from hrmsops.sandbox.blueprint import PRODUCTION
from hrmsops.sandbox.habits import editing
from hrmsops.sandbox.project import check_out
from hrmsops.sandbox.scenarios.checks import checks_of, untrue
from hrmsops.sandbox.scenarios.drill import WAIT_SECONDS_MAX, Drill
from hrmsops.sandbox.scenarios.monitor import wait_until
from hrmsops.sandbox.scenarios.operator import Answer, Call, environment
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
    """The types of leave requests are emptied; the operator has the release's code at hand."""

    name = "bad-migration"
    releases = (CORRUPTING_RELEASE,)
    habit: ClassVar[Habit] = staticmethod(editing)
    has_records = True

    def deploy(self) -> None:
        super().deploy()
        # The code that is to be deployed is what the operator has checked out.
        check_out(self.home, CORRUPTING_RELEASE, self.home.root / "project")

    def damage(self) -> None:
        self._bad = self.estate.release(self.production, CORRUPTING_RELEASE)
        self.mark("released", f"{CORRUPTING_RELEASE} is live, with two migrations of {APP}")

    def sign(self) -> str:
        since = self.timeline.monotonic("released") or 0.0
        if self.traffic.counted(since=since).requests < EDITS_ON_DAMAGE:
            return ""
        failed = self._untrue()
        return f"not true any more: {', '.join(failed)}" if failed else ""

    def recover(self) -> Answer:
        with TrafficWatch(
            lambda: self.estate.service(self.production),
            self._bad,
            on_decided=lambda: None,  # It was decided when the command was typed.
            on_shifted=lambda: self.mark("shifted", f"the traffic has left {self._bad}"),
        ):
            answer = self.operator.answer(self._call())
            if wait_until(self._is_well, seconds_max=WAIT_SECONDS_MAX):
                self.mark("verified", "the checks are true, and no request fails")
        return answer

    def _untrue(self) -> list[str]:
        """The operator's checks that are not true of the database that serves."""
        checks = checks_of(self.home, self.production.name)
        return untrue(self.estate.dsn(self.production), checks)

    def _is_well(self) -> bool:
        return self.is_clean("shifted") and not self._untrue()

    def _call(self) -> Call:
        return Call(
            words=COMMAND,
            folder=self.home.root,
            env=environment(self.home, self.estate.passwords(self.production)),
            decided=lambda: self.mark("decided", shlex.join(("hrmsops", *COMMAND))),
            has_shifted=lambda: self.timeline.monotonic("shifted") is not None,
            is_over=self._is_well,
        )
