"""Pause a queue, and let it go on where a hold has paused it."""

from __future__ import annotations

from typing import ClassVar

from hrmsops.engine.run import Run
from hrmsops.engine.step import Result, Step
from hrmsops.errors.cloud import ResourceMissing
from hrmsops.gcp.background import PAUSED, RUNNING
from hrmsops.gcp.resources import short
from hrmsops.steps.hold.asking import ask_until
from hrmsops.world import World

GONE = "gone"


class PauseQueue(Step[World], frozen=True, kw_only=True):
    """Pause it where it runs, and keep how it was found: its tasks wait, and more may come.

    That is noted before the call: after a kill, one that is paused without a note was so before.
    """

    name: ClassVar[str] = "pause-queue"

    queue: str

    def sentence(self) -> str:
        return f"Pause queue {short(self.queue)}"

    def find(self, world: World, run: Run) -> Result | None:
        state = _state(world, self.queue)
        return None if state == RUNNING else {"found": run.noted(run.at_step).get("found", state)}

    def apply(self, world: World, run: Run) -> Result:
        if _state(world, self.queue) == RUNNING:
            run.note(found=RUNNING)
        ask_until(
            lambda: _state(world, self.queue) != RUNNING,
            lambda: world.cloud_tasks.pause(self.queue),
            world=world,
            run=run,
        )
        return {}

    def revert(self, world: World, run: Run) -> bool:
        """What is paused stays so: False where it is we who paused it."""
        found = self.find(world, run)
        return found is None or found["found"] != RUNNING


class ResumeQueue(Step[World], frozen=True, kw_only=True):
    """Let it go on, unless somebody did so or took it away."""

    name: ClassVar[str] = "resume-queue"

    queue: str

    def sentence(self) -> str:
        return f"Resume queue {short(self.queue)}"

    def find(self, world: World, run: Run) -> Result | None:
        state = _state(world, self.queue)
        return None if state == PAUSED else {"state": state}

    def apply(self, world: World, run: Run) -> Result:
        ask_until(
            lambda: _state(world, self.queue) != PAUSED,
            lambda: world.cloud_tasks.resume(self.queue),
            world=world,
            run=run,
        )
        return {}

    def revert(self, world: World, run: Run) -> bool:
        return self.find(world, run) is None


def _state(world: World, queue: str) -> str:
    try:
        return world.cloud_tasks.queue(queue).state
    except ResourceMissing:
        return GONE
