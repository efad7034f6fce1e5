"""Change rows in batches, with the HRMS's own Django."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from hrmsops.engine.run import Run
from hrmsops.engine.step import Result, Step
from hrmsops.steps.rows.reaching import target
from hrmsops.world import World

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hrmsops.postgres.backfills import Shard

DONE = "done"


class RunBackfill(Step[World], frozen=True, kw_only=True):
    """Take a backfill to its end, in this run or in the earlier one `of_run`.

    Each batch commits with its checkpoint in the same database, so the database alone says how
    far it is: a second try goes on from there, and each row is changed once.
    """

    name: ClassVar[str] = "run-backfill"

    instance: str
    request: dict[str, Any]
    subject: str
    of_run: str
    shards: int
    as_job: bool
    image: str
    anew: bool

    def sentence(self) -> str:
        parts = f" in {self.shards} parts" if self.shards > 1 else ""
        return f"Backfill {self.subject}{parts}, batch by batch"

    def find(self, world: World, run: Run) -> Result | None:
        shards = self._shards(world, run)
        if not shards or any(each.outcome != DONE for each in shards):
            return None
        rows = sum(each.rows for each in shards)
        findings = [
            f"{rows:,} rows changed",
            *(words for each in shards for words in each.findings),
        ]
        return {"rows": rows, "findings": findings}

    def apply(self, world: World, run: Run) -> Result:
        from hrmsops.steps.rows.backfilling import beside, in_a_job

        ask = {
            "request": self.request,
            "run": self.of_run or run.id,
            "shards": self.shards,
            "anew": self.anew,
        }
        if self.as_job:
            in_a_job(world, run, self, ask)
        else:
            beside(world, run, self, ask)
        return {}

    def revert(self, world: World, run: Run) -> bool:
        """True where no row was changed yet: what was changed stays."""
        return not any(each.rows for each in self._shards(world, run))

    def _shards(self, world: World, run: Run) -> Sequence[Shard]:
        from hrmsops.postgres.backfills import read_backfills
        from hrmsops.postgres.session import connect

        with connect(target(world, run, self.instance), read_only=True) as session:
            return read_backfills(session, run=self.of_run or run.id)


class OverwriteByBackfill(RunBackfill, frozen=True, kw_only=True):
    """The same over values that are there: they are gone afterwards."""

    name: ClassVar[str] = "overwrite-by-backfill"
    loses_data: ClassVar[bool] = True

    def sentence(self) -> str:
        return f"{super().sentence()}, over what is there"
