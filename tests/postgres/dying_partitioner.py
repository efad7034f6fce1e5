"""A program that partitions a table and takes that back, killed after the effect of each step.

`python -m tests.postgres.dying_partitioner TARGET.json FOLDER attach|copy|keep` forks a child for each
attempt; a child dies by SIGKILL when a step that changes something has done so, before that is on
record. The next one resumes. It prints how many were killed.
"""

from __future__ import annotations

import json
import os
import signal
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from hrmsops.engine.entries import AnyEntry, Finished, Line
from hrmsops.engine.executor import execute
from hrmsops.engine.plan import Plan
from hrmsops.engine.run import Run, Writer
from hrmsops.postgres.session import Target, Timeouts
from tests.postgres.partitioning import Bench


@dataclass
class Dying:
    """Writes what a run records, up to the end of a step that it has not seen begin."""

    inner: Writer
    run: Run
    spared: int | None

    def write(self, number: int, entry: AnyEntry) -> Iterator[Line]:
        if isinstance(entry, Finished) and self._dies_at(entry.step):
            os.kill(os.getpid(), signal.SIGKILL)
        yield from self.inner.write(number, entry)

    def _dies_at(self, step: int) -> bool:
        return step != self.spared and self.run.plan.steps[step - 1].changes


def attempt(bench: Bench, plan: Plan) -> bool:
    """One process; False where it was killed."""
    child = os.fork()
    if child == 0:
        _work(bench, plan)
        os._exit(0)
    _, status = os.waitpid(child, 0)
    code = os.waitstatus_to_exitcode(status)
    assert code in (0, -signal.SIGKILL), code
    return code == 0


def _work(bench: Bench, plan: Plan) -> None:
    journal = bench.journal()
    with bench.lease().acquire(run=plan.run, why="test", take_over=False) as lease:
        is_new = plan.run not in journal.run_ids()
        run = (
            journal.begin(plan, fence=lease.fence)
            if is_new
            else journal.reopen(plan.run, fence=lease.fence)
        )
        run.writer = Dying(run.writer, run, spared=run.current_step)
        execute(run, bench.world(), lease=lease)


def main(words: list[str]) -> None:
    fields: dict[str, Any] = json.loads(Path(words[0]).read_text())
    limits = {name: timedelta(seconds=each) for name, each in fields.pop("timeouts").items()}
    bench = Bench(Target(**fields, timeouts=Timeouts(**limits)), Path(words[1]))
    bench.journal()  # Every step is loaded once, before the first fork.
    killed = 0
    for plan in _plans(bench, words[2]):
        while not attempt(bench, plan):
            killed += 1
        print(killed, flush=True)


def _plans(bench: Bench, what: Any) -> Iterator[Plan]:
    """`keep` is for tables that are partitioned already."""
    if what == "keep":
        yield bench.keep(None, now=datetime(2026, 11, 29, tzinfo=UTC), retain=2, archive="Old")
        return
    yield bench.plan("log", method=what)
    yield bench.back("log")


if __name__ == "__main__":
    main(sys.argv[1:])
