"""A drill in which a person brings production back: by whatever means, from whichever terminal."""

from __future__ import annotations

import threading
from datetime import datetime
from typing import TYPE_CHECKING, Self

from hrmsops.errors.base import HrmsopsError
from hrmsops.sandbox.scenarios.committed import exported
from hrmsops.sandbox.scenarios.operator import Answer, Duty, Person
from hrmsops.sandbox.scenarios.record import Record
from hrmsops.sandbox.scenarios.traffic_watch import TrafficWatch

if TYPE_CHECKING:
    from hrmsops.sandbox.scenarios.drill import Drill

LOOK_SECONDS = 0.5


def attend(drill: Drill, person: Person) -> Answer:
    """Let a person work until production is well, or they give up; what hrmsops's record tells."""
    with _Watch(drill) as watch:
        duty = Duty(
            desk=drill.desk,
            first_line=watch.first_line,
            next_line=watch.next_line,
            is_over=watch.is_over,
        )
        problem = person.work(duty)
    record = Record.read(drill.desk)
    drill.brought_back = record.rows_written
    if record.runs:
        drill.timeline.put("decided", datetime.fromisoformat(record.runs[0]["began_at"]))
    if record.replay:
        drill.timeline.put("replayed", datetime.fromisoformat(record.replay["ended_at"]))
    run = record.rollback["run"] if record.rollback else None
    return Answer(run=run, problem=problem)


class _Watch:
    """Sees payroll held, the traffic shifted, and when there is nothing left to do."""

    def __init__(self, drill: Drill) -> None:
        self._drill = drill
        self._over, self._ended = threading.Event(), threading.Event()
        self._thread = threading.Thread(target=self._look, daemon=True)
        self._traffic = TrafficWatch(
            lambda: drill.estate.service(drill.production),
            drill.estate.serving(drill.production),
            on_decided=lambda: None,  # The record tells, to the millisecond.
            on_shifted=lambda: drill.mark("shifted", "the traffic has left the revision"),
        )

    def __enter__(self) -> Self:
        self._traffic.__enter__()
        self._thread.start()
        return self

    def __exit__(self, *_error: object) -> None:
        self._ended.set()
        self._thread.join()
        self._traffic.__exit__()

    def is_over(self) -> bool:
        return self._over.is_set()

    @property
    def first_line(self) -> str:
        return f"rollback -e {self._drill.production.name} -i"

    def next_line(self) -> str:
        """What is left to do, in the order of the guide."""
        record, env = Record.read(self._drill.desk), self._drill.production.name
        if record.unfinished:
            return f"resume {record.unfinished['run']}"
        if not record.rollback:
            return self.first_line
        if record.cutover and not record.replay:
            return f"replay {record.cutover['run']} -e {env} --apply{self._from_log()}"
        return f"hold off -e {env}" if self._is_held() else ""

    def _from_log(self) -> str:
        """Where the old database is gone, the application's log says what was written."""
        if self._drill.branch != "backup":
            return ""
        return f" --from {exported(self._drill.home, self._drill.production).name}"

    def _look(self) -> None:
        while not self._ended.wait(LOOK_SECONDS):
            try:
                self._see()
            except (HrmsopsError, LookupError):
                continue  # The instance is on its way; the next look tells.

    def _see(self) -> None:
        drill = self._drill
        if self._is_held():
            drill.mark("held", "payroll waits")
            return
        if drill.timeline.monotonic("held") is not None:
            drill.mark("let-go", "payroll goes on")
        if drill.is_well("detected") and not self.next_line():
            drill.mark("verified", "users can work again, and nothing is left to do")
            self._over.set()

    def _is_held(self) -> bool:
        return self._drill.estate.is_held(self._drill.production)
