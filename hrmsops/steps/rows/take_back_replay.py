"""Take an applied replay back, as far as nobody wrote on its rows since."""

from __future__ import annotations

from typing import ClassVar

from hrmsops.engine.run import Run
from hrmsops.engine.step import Result, Step
from hrmsops.steps.rows.apply_replay import BATCH_ROWS
from hrmsops.steps.rows.folders import plan_of, taken_back
from hrmsops.steps.rows.outcome import result_of, tell
from hrmsops.steps.rows.reaching import target
from hrmsops.world import World


class TakeBackReplay(Step[World], frozen=True, kw_only=True):
    """Undo in `instance` what plan `plan` of recovery `recovery` did there, row by row.

    Afterwards the target has forgotten the plan, so that it can be applied again.
    """

    name: ClassVar[str] = "take-back-replay"

    recovery: str
    plan: str
    instance: str

    def sentence(self) -> str:
        return f"Take back replay {self.plan} on {self.instance}"

    def find(self, world: World, run: Run) -> Result | None:
        from hrmsops.postgres.apply import outcome
        from hrmsops.postgres.changes import is_sealed

        folder = taken_back(self.recovery, run.id)
        if not is_sealed(folder):
            return None
        reached = target(world, run, self.instance)
        found = outcome(folder, reached)
        is_forgotten = outcome(plan_of(self.recovery, self.plan), reached) is None
        return result_of(found) if found and is_forgotten else None

    def apply(self, world: World, run: Run) -> Result:
        from hrmsops.postgres.apply import apply
        from hrmsops.postgres.changes import is_sealed
        from hrmsops.postgres.inverse import forget, write_inverse

        reached = target(world, run, self.instance)
        folder = taken_back(self.recovery, run.id)
        if not is_sealed(folder):
            of = plan_of(self.recovery, self.plan)
            write_inverse(of, reached, folder=folder, made_at=world.clock.now())
        apply(folder, reached, batch_rows=BATCH_ROWS, on_batch=tell(run))
        forget(self.plan, reached)
        return {}
