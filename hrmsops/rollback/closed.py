"""Whether our record says that users are without a database. Pure."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from hrmsops.engine.run import Run
from hrmsops.steps.rows.close_for_restore import CloseForRestore
from hrmsops.steps.rows.roles import FenceDatabase, OpenDatabase


class Closed(msgspec.Struct, frozen=True, kw_only=True):
    """A run that closed what serves, and led users nowhere else."""

    run: str
    instance: str
    is_over: bool
    undo: str | None

    def sentence(self, *, environment: str) -> str:
        """What it means for users, and the commands that end it."""
        onwards = f"hrmsops resume {self.run}"
        back = f"{self.undo} -e {environment}" if self.undo else ""
        match self.is_over, bool(back):
            case False, True:
                ways = f"{onwards} goes on, or lead back: {back}"
            case False, False:
                ways = f"Go on: {onwards}"
            case _:
                ways = f"Lead back: {back}" if back else "No command leads back."
        return (
            f"USERS ARE WITHOUT A DATABASE: run {self.run} closed {self.instance} to the "
            f"application, and nothing serves in its place. {ways}"
        )


def without_database(runs: Sequence[Run], service: str) -> Closed | None:
    """The last run that began to close what serves, unless it or a later one opened it, or shifted.

    One that was killed while it closed may have come through, so it counts.
    """
    opened: set[str] = set()
    for run in reversed([each for each in runs if each.plan.subject.get("service") == service]):
        steps = list(enumerate(run.plan.steps, start=1))
        finished = [step for number, step in steps if run.has_finished(number)]
        opened |= {step.instance for step in finished if isinstance(step, OpenDatabase)}
        closing = [
            step
            for number, step in steps
            if isinstance(step, FenceDatabase | CloseForRestore) and run.has_started(number)
        ]
        if closing:
            instance = closing[-1].instance
            has_shifted = any(step.name == "shift-traffic" for step in finished)
            if has_shifted or instance in opened:
                return None
            undo = run.plan.undo
            return Closed(run=run.id, instance=instance, is_over=run.closed is not None, undo=undo)
    return None
