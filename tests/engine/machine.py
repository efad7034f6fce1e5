"""A machine that goes on with a run: its own name, its own clock, and the record that all share."""

from __future__ import annotations

import json
import sys
import time
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import ClassVar

from hrmsops.engine.clock import ShiftedClock, SystemClock
from hrmsops.engine.executor import execute
from hrmsops.engine.journal import Journal
from hrmsops.engine.lease import Lease
from hrmsops.engine.run import Operator, Run
from hrmsops.engine.step import Result, Step, StepCatalog
from hrmsops.errors import HrmsopsError
from tests.engine.stores import Place
from tests.engine.world import Folder, Put, plan_of

STEPS_SECONDS_MAX = 300


class Await(Step[Folder], frozen=True, kw_only=True):
    """Wait for a file that somebody else makes."""

    name: ClassVar[str] = "await"
    changes: ClassVar[bool] = False
    file: str

    def sentence(self) -> str:
        return f"Wait for {self.file}"

    def apply(self, world: Folder, run: Run) -> Result:
        world.call(f"await {self.file}")
        until = time.monotonic() + STEPS_SECONDS_MAX
        while self.file not in world.facts and time.monotonic() < until:
            time.sleep(0.02)
        return {}


@dataclass(frozen=True)
class Machine:
    """Its clock is `minutes` ahead of everybody's."""

    place: Place
    folder: Path
    host: str
    minutes: float = 0
    steps: tuple[Step[Folder], ...] = (Put(file="a"), Await(file="word"), Put(file="b"))

    def go_on(self, run_id: str) -> str:
        """Begin the run, or resume it: "done", or the code of what it was refused with."""
        clock = ShiftedClock(SystemClock(), lambda: timedelta(minutes=self.minutes))
        operator = Operator(account=f"{self.host}@nhia.example", host=self.host)
        store, world = self.place.store(), Folder(self.folder)
        journal = Journal(store, StepCatalog([Put, Await]), clock, operator)
        lease = Lease(store, clock, operator, scope="nhia-hrms/production")
        try:
            with lease.acquire(run=run_id, why="Error spike", take_over=False):
                run = self._taken_up(journal, run_id, lease.fence)
                if run.closed:
                    return "over"
                execute(run, world, lease=lease)
        except HrmsopsError as error:
            return error.code
        return "done"

    def _taken_up(self, journal: Journal, run_id: str, fence: int) -> Run:
        if journal.has(run_id):
            return journal.take_up(run_id, fence=fence)
        return journal.begin(plan_of(*self.steps, run=run_id), fence=fence)


if __name__ == "__main__":
    place, folder, host, minutes, run_id = sys.argv[1:]
    machine = Machine(Place.of(place), Path(folder), host, float(minutes))
    print(json.dumps(machine.go_on(run_id)))
