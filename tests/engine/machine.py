"""A machine that goes on with a run: its own name, its own clock, and the record that all share.

`python -m tests.engine.machine PLACE FOLDER RUN HOST:MINUTES …` prints what each ends with. More
than one begin at the same moment, each as a process of its own.
"""

from __future__ import annotations

import importlib
import json
import os
import sys
import time
from dataclasses import dataclass
from datetime import timedelta
from functools import cached_property
from pathlib import Path
from typing import ClassVar

from hrmsops.engine.clock import ShiftedClock, SystemClock
from hrmsops.engine.executor import execute
from hrmsops.engine.journal import Journal
from hrmsops.engine.lease import Lease
from hrmsops.engine.run import Operator, Run
from hrmsops.engine.step import Result, Step, StepCatalog
from hrmsops.engine.store import Store
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

    @cached_property
    def store(self) -> Store:
        """Its own connection to the record that all share."""
        return self.place.store()

    def go_on(self, run_id: str) -> str:
        """Begin the run, or resume it: "done", or the code of what it was refused with."""
        clock = ShiftedClock(SystemClock(), lambda: timedelta(minutes=self.minutes))
        operator = Operator(account=f"{self.host}@nhia.example", host=self.host)
        store, world = self.store, Folder(self.folder)
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


def raced(machines: list[Machine], run_id: str) -> list[str]:
    """What they end with who go on at the same moment, each a process that is connected already."""
    importlib.import_module("google.cloud.storage")  # Loaded once, before the forks.
    ready, starting_line = os.pipe(), os.pipe()
    ends = []
    for machine in machines:
        end = os.pipe()
        if not os.fork():
            os.close(starting_line[1])
            machine.store.read("nothing")
            os.write(ready[1], b".")
            os.read(starting_line[0], 1)  # Until nobody holds it back any more.
            os.write(end[1], machine.go_on(run_id).encode())
            os._exit(0)
        os.close(end[1])
        ends.append(end[0])
    for _ in machines:
        os.read(ready[0], 1)
    os.close(starting_line[1])
    return [os.fdopen(end).read() for end in ends]


def main(place: str, folder: str, run_id: str, *who: str) -> None:
    said = [each.partition(":") for each in who]
    machines = [
        Machine(Place.of(place), Path(folder), host, float(minutes)) for host, _, minutes in said
    ]
    is_race = len(machines) > 1
    ends = raced(machines, run_id) if is_race else [machines[0].go_on(run_id)]
    print(json.dumps(ends))


if __name__ == "__main__":
    main(*sys.argv[1:])
