"""Make in the recovered database what users had written in the old one."""

from __future__ import annotations

from typing import ClassVar

from hrmsops.engine.run import Run
from hrmsops.engine.step import Result, Step
from hrmsops.steps.rows.folders import plan_of
from hrmsops.steps.rows.outcome import result_of, tell
from hrmsops.steps.rows.reaching import target
from hrmsops.world import World

BATCH_ROWS = 500


class ApplyReplay(Step[World], frozen=True, kw_only=True):
    """Apply plan `plan` of recovery `recovery` to `instance`, in batches.

    Each batch is one transaction with its checkpoint in the target, so whoever dies goes on where
    it was. A row that was written since is left, and stands in `left.jsonl` beside the plan.
    """

    name: ClassVar[str] = "apply-replay"

    recovery: str
    plan: str
    instance: str
    changes_due: int
    conflicts: int = 0
    """Listed in the plan's files, and left to a person."""

    def sentence(self) -> str:
        return f"Replay {self.changes_due} changes of users on {self.instance}"

    def find(self, world: World, run: Run) -> Result | None:
        from hrmsops.postgres.apply import outcome
        from hrmsops.postgres.left import write_left

        folder = plan_of(self.recovery, self.plan)
        found = outcome(folder, target(world, run, self.instance))
        if found is None:
            return None
        write_left(folder, found)
        result = result_of(found)
        if self.conflicts:
            result["findings"].append(f"{self.conflicts} conflicts are left to you: {folder}")
        return {**result, "conflicts": self.conflicts}

    def apply(self, world: World, run: Run) -> Result:
        from hrmsops.postgres.apply import apply

        apply(
            plan_of(self.recovery, self.plan),
            target(world, run, self.instance),
            batch_rows=BATCH_ROWS,
            on_batch=tell(run),
        )
        return {}
