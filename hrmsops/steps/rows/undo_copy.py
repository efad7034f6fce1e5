"""Take a copy of rows back, as far as nobody wrote on them since."""

from __future__ import annotations

from typing import ClassVar

from hrmsops.engine.run import Run
from hrmsops.engine.step import Result, Step
from hrmsops.steps.rows.folders import undo_of
from hrmsops.steps.rows.outcome import applied, tell
from hrmsops.steps.rows.reaching import target
from hrmsops.world import World

BATCH_ROWS = 500


class UndoCopy(Step[World], frozen=True, kw_only=True):
    """Make the rows that run `copied_by` wrote as they were before it.

    A row that was written since stays as it is, and is listed. `undo` names the undo data.
    """

    name: ClassVar[str] = "undo-copy"

    copied_by: str
    instance: str
    undo: str
    rows: int

    def sentence(self) -> str:
        return f"Take back what run {self.copied_by} wrote in {self.instance}: {self.rows} rows"

    def find(self, world: World, run: Run) -> Result | None:
        from hrmsops.postgres.writers import next_transaction

        at = target(world, run, self.instance)
        found = applied(undo_of(self.copied_by), at)
        return None if found is None else {**found, "end": next_transaction(at)}

    def apply(self, world: World, run: Run) -> Result:
        from hrmsops.postgres.apply import apply
        from hrmsops.postgres.writers import next_transaction

        at = target(world, run, self.instance)
        if "first" not in run.noted(run.at_step):
            # What is written from here on is no user's, for a replay to know.
            run.note(first=next_transaction(at))
        apply(
            undo_of(self.copied_by),
            at,
            batch_rows=BATCH_ROWS,
            on_batch=tell(run),
        )
        return {}
