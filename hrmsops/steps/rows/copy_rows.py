"""Copy rows of a recovered database back into the one that serves."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

import msgspec

from hrmsops.engine.run import Run
from hrmsops.engine.step import Result, Step
from hrmsops.steps.rows.folders import undo_of
from hrmsops.steps.rows.reaching import target
from hrmsops.world import World

if TYPE_CHECKING:
    from hrmsops.postgres.copy import Copied, Mode


class Shown(msgspec.Struct, frozen=True, kw_only=True):
    """What a person saw of one table before saying yes."""

    table: str
    inserted: int
    updated: int
    digest: str
    """Of just those rows, and of what stands in them: what is copied is this or nothing."""


class CopyRows(Step[World], frozen=True, kw_only=True):
    """Copy rows of `tables` from `clone` to `into`: those that are missing, or NULL columns.

    All in one transaction, in which the target remembers it: that is how a second try knows. How
    each row was before lies in the run's folder before the commit.
    """

    name: ClassVar[str] = "copy-rows"

    clone: str
    into: str
    tables: tuple[str, ...]
    columns: tuple[str, ...]
    """Empty: whole rows."""
    renamed: dict[str, dict[str, str]]
    """By table: a column's name in the clone, and its name now."""
    shown: tuple[Shown, ...]

    @property
    def mode(self) -> Mode:
        return "missing"

    def sentence(self) -> str:
        what = f"columns {', '.join(self.columns)}" if self.columns else "rows"
        counts = ", ".join(f"{e.inserted + e.updated} of {e.table}" for e in self.shown)
        return f"Copy {what} from {self.clone} into {self.into}, in one transaction: {counts}"

    def find(self, world: World, run: Run) -> Result | None:
        from hrmsops.postgres.changes import is_sealed
        from hrmsops.postgres.copy import was_copied

        if not was_copied(target(world, run, self.into), run.id):
            return None
        noted = run.noted(run.at_step)
        undo = str(undo_of(run.id)) if is_sealed(undo_of(run.id)) else ""
        return {
            "inserted": sum(each.inserted for each in self.shown),
            "updated": sum(each.updated for each in self.shown),
            "undo": undo,
            "sequences": noted.get("sequences", []),
            "findings": [_finding(each) for each in self.shown],
        }

    def apply(self, world: World, run: Run) -> Result:
        from hrmsops.postgres.changes import unseal
        from hrmsops.postgres.copy import copy_back

        undo = undo_of(run.id)
        # An earlier try that was not committed; find has looked.
        unseal(undo)
        done = copy_back(
            target(world, run, self.clone),
            target(world, run, self.into),
            self.tables,
            columns=self.columns or None,
            mode=self.mode,
            renamed=self.renamed,
            undo=undo,
            made_at=world.clock.now(),
            shown={each.table: each.digest for each in self.shown},
            mark=run.id,
        )
        run.note(sequences=[str(each.sequence) for each in done.sequences])
        return {}

    def revert(self, world: World, run: Run) -> bool:
        """One transaction: where it was not committed, nothing of it is there."""
        from hrmsops.postgres.copy import was_copied

        return not was_copied(target(world, run, self.into), run.id)


class OverwriteRows(CopyRows, frozen=True, kw_only=True):
    """The same, and rows that differ become as they were: what was written since is overwritten."""

    name: ClassVar[str] = "overwrite-rows"
    loses_data: ClassVar[bool] = True

    @property
    def mode(self) -> Mode:
        return "overwrite"


def shown_of(copied: Copied) -> tuple[Shown, ...]:
    """A rehearsal's outcome, for the plan."""
    return tuple(
        Shown(
            table=str(each.table),
            inserted=each.inserted,
            updated=each.updated,
            digest=each.digest,
        )
        for each in copied.tables
        if each.inserted or each.updated
    )


def copying(overwrites: bool, **words: Any) -> CopyRows:
    """The step for a mode."""
    return OverwriteRows(**words) if overwrites else CopyRows(**words)


def _finding(of: Shown) -> str:
    return f"{of.table}: {of.inserted} rows came back, {of.updated} are as they were"
