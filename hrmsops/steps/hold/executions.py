"""End the executions of a job that are running."""

from __future__ import annotations

from datetime import timedelta
from typing import ClassVar

from hrmsops.engine.run import Run
from hrmsops.engine.step import Result, Step
from hrmsops.engine.waiting import wait_for
from hrmsops.errors.cloud import ResourceMissing
from hrmsops.gcp.resources import short
from hrmsops.steps.hold.asking import ask_until
from hrmsops.world import World

DEADLINE = timedelta(minutes=5)
POLL = timedelta(seconds=2)


class CancelExecutions(Step[World], frozen=True, kw_only=True):
    """Cancel just those that the plan has shown; nothing starts them again by itself.

    Source: executions.cancel, Cloud Run Admin API v2: a task is told, and killed ten seconds later.
    """

    name: ClassVar[str] = "cancel-executions"
    loses_data: ClassVar[bool] = True

    executions: tuple[str, ...]

    def sentence(self) -> str:
        return f"Cancel what is running: {', '.join(map(short, self.executions))}"

    def find(self, world: World, run: Run) -> Result | None:
        if any(not _has_ended(world, each) for each in self.executions):
            return None
        asked = run.noted(run.at_step)
        return {"cancelled": [each for each in map(short, self.executions) if each in asked]}

    def apply(self, world: World, run: Run) -> Result:
        for each in self.executions:
            if not _has_ended(world, each):
                run.note(**{short(each): "running"})
                self._cancel(world, run, each)
        return {}

    def revert(self, world: World, run: Run) -> bool:
        return not run.noted(run.at_step)

    def _cancel(self, world: World, run: Run, execution: str) -> None:
        asked = False

        def is_so() -> bool:
            return asked or _has_ended(world, execution)

        def ask() -> None:
            nonlocal asked
            world.workers.cancel(execution)
            asked = True

        ask_until(is_so, ask, world=world, run=run)
        wait_for(
            f"{short(execution)} ends",
            lambda: True if _has_ended(world, execution) else None,
            run=run,
            clock=world.clock,
            patience=world.patience,
            deadline=DEADLINE,
            every=POLL,
        )


def _has_ended(world: World, execution: str) -> bool:
    try:
        return world.workers.execution(execution).ended_at is not None
    except ResourceMissing:
        return True
