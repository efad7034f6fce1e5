"""Give new rows of a recovered database other numbers than rows that it lost."""

from __future__ import annotations

from typing import ClassVar

from hrmsops.engine.run import Run
from hrmsops.engine.step import Result, Step
from hrmsops.steps.rows.reaching import target
from hrmsops.world import World

GAP = 100_000
"""Numbers left out where nobody can say how far the old database had come."""


class AdvanceSequences(Step[World], frozen=True, kw_only=True):
    """Move each sequence of `clone` to where it stands in `old`; never back.

    Else the first new payslip takes the number of one that was lost, which then cannot be replayed.
    Where `old` is empty, because it is gone, GAP numbers are left out. They are not given back when
    the run fails: a gap harms nobody.
    """

    name: ClassVar[str] = "advance-sequences"
    is_scaffold: ClassVar[bool] = True

    old: str
    clone: str

    def sentence(self) -> str:
        if not self.old:
            return f"Leave out {GAP} numbers in each sequence of {self.clone}"
        return f"Move the sequences of {self.clone} to where they stand in {self.old}"

    def find(self, world: World, run: Run) -> Result | None:
        from hrmsops.postgres.sequences import behind

        wanted = run.noted(run.at_step).get("wanted")
        if wanted is None or behind(target(world, run, self.clone), wanted):
            return None
        return {"sequences": len(wanted)}

    def apply(self, world: World, run: Run) -> Result:
        from hrmsops.postgres import sequences

        clone = target(world, run, self.clone)
        wanted = run.noted(run.at_step).get("wanted")
        if wanted is None:
            # On record before they move: a second try must not leave out as many again.
            wanted = (
                sequences.standing(target(world, run, self.old))
                if self.old
                else sequences.standing(clone, gap=GAP)
            )
            run.note(wanted=wanted)
        sequences.advance_to(clone, wanted)
        return {}

    def revert(self, world: World, run: Run) -> bool:
        """Numbers that were left out harm nobody."""
        return True
