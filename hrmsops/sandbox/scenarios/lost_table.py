"""Drill: a migration empties one table; its rows are copied back, and the rest is not touched."""

from __future__ import annotations

from typing import ClassVar

from hrmsops.sandbox.habits import importing
from hrmsops.sandbox.scenarios.held import HeldDrill
from hrmsops.sandbox.scenarios.operator import Answer
from hrmsops.sandbox.scenarios.record import written
from hrmsops.sandbox.writes import Habit

EMPTYING_RELEASE = "2024.3-emptied"
MIGRATION, TABLE = "imports.0002_fresh_start", "imports_importrecord"


class LostTable(HeldDrill):
    """Users add rows to the emptied table, and edit and delete in all others."""

    name = "lost-data"
    branch = "pitr"
    told = ("--data-damaged", "yes")
    releases = (EMPTYING_RELEASE,)
    habit: ClassVar[Habit] = staticmethod(importing)
    reason = "The migration of 2024.3 emptied the import records"

    def damage(self) -> None:
        self._rows = self.estate.count(self.production, TABLE)
        self.estate.release(self.production, EMPTYING_RELEASE)
        self.mark("released", f"{EMPTYING_RELEASE} is live, with the migration {MIGRATION}")

    def sign(self) -> str:
        rows = self.estate.count(self.production, TABLE)
        return f"{TABLE} has {rows} rows, and had {self._rows}" if rows < self._rows else ""

    def is_well(self, since: str) -> bool:
        return super().is_well(since) and self.estate.count(self.production, TABLE) >= self._rows

    def bring_back(self) -> Answer:
        answer = self.call(
            *("rollback", "pitr", "--before-migration", MIGRATION, "--tables", TABLE),
            consent=lambda: ("--yes",),
        ).answer()
        if not answer.problem:
            run = answer.told or self.latest()
            self.brought_back = written(run)
            self.mark("copied", f"{self.brought_back} rows of {TABLE} are back")
        return answer
