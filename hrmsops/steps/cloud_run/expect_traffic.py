"""See that a service is still as the plan found it, before users notice what comes next."""

from __future__ import annotations

from typing import ClassVar

from hrmsops.engine.run import Run
from hrmsops.engine.step import Result, Step
from hrmsops.gcp.resources import short
from hrmsops.gcp.traffic import Traffic
from hrmsops.steps.cloud_run.changed import traffic_changed
from hrmsops.world import World


class ExpectTraffic(Step[World], frozen=True, kw_only=True):
    """A colleague's change is met before the fence, not behind it while nobody is served.

    `traffic` is what was asked for and `serving` what was true of it: a deploy changes only the
    latter where the service follows its latest revision, and would be lost in the cutover. None in
    the record of an older version.
    """

    name: ClassVar[str] = "expect-traffic"
    changes: ClassVar[bool] = False

    service: str
    traffic: Traffic
    serving: Traffic | None = None

    def sentence(self) -> str:
        return f"See that the traffic of {short(self.service)} is as planned for"

    def apply(self, world: World, run: Run) -> Result:
        seen = world.cloud_run.service(self.service)
        serves_another = self.serving and seen.statuses.shares != self.serving.shares
        if seen.traffic != self.traffic or serves_another:
            raise traffic_changed(seen, since=self.traffic, run=run, onwards=onwards(run))
        return {"serving": seen.serving}


def onwards(run: Run) -> str:
    """The same recovered instance by a plan that starts from what is true now."""
    made_by = run.plan.subject.get("continues", run.id)
    return f"hrmsops {run.plan.command} --continue {made_by} --promote"
