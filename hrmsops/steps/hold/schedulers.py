"""Pause a scheduler, and let it go on where a hold has paused it."""

from __future__ import annotations

from typing import ClassVar

from hrmsops.engine.run import Run
from hrmsops.engine.step import Result, Step
from hrmsops.errors.cloud import ResourceMissing
from hrmsops.gcp.background import ENABLED, PAUSED
from hrmsops.gcp.resources import short
from hrmsops.steps.hold.asking import ask_until
from hrmsops.world import World

GONE = "gone"


class PauseScheduler(Step[World], frozen=True, kw_only=True):
    """Pause it where it is enabled, and keep how it was found.

    That is noted before the call: after a kill, one that is paused without a note was so before.
    """

    name: ClassVar[str] = "pause-scheduler"

    scheduler: str

    def sentence(self) -> str:
        return f"Pause scheduler {short(self.scheduler)}"

    def find(self, world: World, run: Run) -> Result | None:
        state = _state(world, self.scheduler)
        return None if state == ENABLED else {"found": run.noted(run.at_step).get("found", state)}

    def apply(self, world: World, run: Run) -> Result:
        if _state(world, self.scheduler) == ENABLED:
            run.note(found=ENABLED)
        ask_until(
            lambda: _state(world, self.scheduler) != ENABLED,
            lambda: world.cloud_scheduler.pause(self.scheduler),
            world=world,
            run=run,
        )
        return {}

    def revert(self, world: World, run: Run) -> bool:
        """What is paused stays so: False where it is we who paused it."""
        found = self.find(world, run)
        return found is None or found["found"] != ENABLED


class ResumeScheduler(Step[World], frozen=True, kw_only=True):
    """Let it go on, unless somebody did so or took it away."""

    name: ClassVar[str] = "resume-scheduler"

    scheduler: str

    def sentence(self) -> str:
        return f"Resume scheduler {short(self.scheduler)}"

    def find(self, world: World, run: Run) -> Result | None:
        state = _state(world, self.scheduler)
        return None if state == PAUSED else {"state": state}

    def apply(self, world: World, run: Run) -> Result:
        ask_until(
            lambda: _state(world, self.scheduler) != PAUSED,
            lambda: world.cloud_scheduler.resume(self.scheduler),
            world=world,
            run=run,
        )
        return {}

    def revert(self, world: World, run: Run) -> bool:
        return self.find(world, run) is None


def _state(world: World, scheduler: str) -> str:
    try:
        return world.cloud_scheduler.job(scheduler).state
    except ResourceMissing:
        return GONE
