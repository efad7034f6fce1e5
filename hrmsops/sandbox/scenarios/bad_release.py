"""Drill: a release that fails a fifth of its requests goes live, and is rolled back."""

from __future__ import annotations

import shlex

from hrmsops.sandbox.blueprint import PRODUCTION
from hrmsops.sandbox.scenarios.drill import WAIT_SECONDS_MAX, Drill
from hrmsops.sandbox.scenarios.monitor import OUTAGE, wait_until
from hrmsops.sandbox.scenarios.operator import Answer, Call
from hrmsops.sandbox.scenarios.traffic_watch import TrafficWatch

BAD_RELEASE = "2024.3-bad"
REASON = "Error spike in new deployment"
COMMAND = ("rollback", "app", "-e", PRODUCTION.name, "--reason", REASON)


class BadRelease(Drill):
    """The database is fine: the traffic goes back to the release before."""

    name = "bad-release"
    branch = "app"
    releases = (BAD_RELEASE,)

    def damage(self) -> None:
        self._bad = self.estate.release(self.production, BAD_RELEASE)
        self.mark("released", f"{BAD_RELEASE} is live")

    def sign(self) -> str:
        return self.failures()

    def recover(self) -> Answer:
        with TrafficWatch(
            lambda: self.estate.service(self.production),
            self._bad,
            on_decided=lambda: None,  # It was decided when the command was typed.
            on_shifted=lambda: self.mark("shifted", f"the traffic has left {self._bad}"),
        ):
            answer = self._call().answer()
            if wait_until(lambda: self.is_clean("shifted"), seconds_max=WAIT_SECONDS_MAX):
                self.mark("verified", f"{OUTAGE.window_seconds:.0f} s without a failed request")
        return answer

    def _call(self) -> Call:
        return Call(
            words=COMMAND,
            desk=self.desk,
            decided=lambda: self.mark("decided", shlex.join(("hrmsops", *COMMAND))),
        )
