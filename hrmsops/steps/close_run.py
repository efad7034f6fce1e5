"""End an unfinished run whose work another run takes back."""

from __future__ import annotations

from typing import ClassVar

from hrmsops.engine.entries import Closed
from hrmsops.engine.run import Run
from hrmsops.engine.step import Result, Step
from hrmsops.errors.base import ExitCode
from hrmsops.world import World


class CloseRun(Step[World], frozen=True, kw_only=True):
    """So that no `resume` goes on with it afterwards."""

    name: ClassVar[str] = "close-run"

    run: str

    def sentence(self) -> str:
        return f"Close run {self.run}, so that nobody resumes it"

    def find(self, world: World, run: Run) -> Result | None:
        closed = self._other(world, run).closed
        return {"outcome": closed.outcome} if closed else None

    def apply(self, world: World, run: Run) -> Result:
        other = self._other(world, run)
        if not other.closed:
            why = f"taken back by run {run.id}"
            other.record(Closed(outcome="abandoned", exit_code=ExitCode.DONE, reason=why))
        return {}

    def _other(self, world: World, run: Run) -> Run:
        from hrmsops import steps

        # Under the fencing number of the run that holds the lease.
        return world.journal(steps.catalog()).reopen(self.run, fence=run.lines[-1].fence)
