"""What drills have in common in which payroll is held while the database is brought back."""

from __future__ import annotations

import shlex
from abc import abstractmethod
from collections.abc import Callable
from dataclasses import replace
from typing import ClassVar

from hrmsops.sandbox.habits import editing
from hrmsops.sandbox.scenarios.drill import Drill
from hrmsops.sandbox.scenarios.monitor import OUTAGE, wait_until
from hrmsops.sandbox.scenarios.operator import Answer, Call
from hrmsops.sandbox.scenarios.record import Record
from hrmsops.sandbox.state import Json
from hrmsops.sandbox.writes import Habit

ACKNOWLEDGED = ("--acknowledge", "bank_files")
"""What `hrmsops.toml` lists as having left the building."""
WELL_SECONDS_MAX = 60.0


class HeldDrill(Drill):
    """Payroll pays from the first request on; it is held, the database comes back, it goes on."""

    habit: ClassVar[Habit] = staticmethod(editing)
    has_records = True
    pays = True
    reason: ClassVar[str]

    @abstractmethod
    def bring_back(self) -> Answer:
        """Type everything between the hold and its end; the run that did it."""

    def recover(self) -> Answer:
        held = self.call("hold", "on", consent=lambda: ("--yes",)).answer()
        if held.problem:
            return held
        self.mark("held", "payroll waits")
        answer = self.bring_back()
        if answer.problem:
            return answer
        let_go = self._let_go()
        if not let_go.problem and wait_until(
            lambda: self.is_well("let-go"), seconds_max=WELL_SECONDS_MAX
        ):
            share = f"fewer than {OUTAGE.error_rate:.0%} of the requests fail"
            self.mark("verified", f"the checks are true, {share}")
        return replace(answer, problem=let_go.problem)

    def call(self, *words: str, consent: Callable[[], tuple[str, ...]]) -> Call:
        """One line to type, in production and with this drill's reason."""
        line = (*words, "-e", self.production.name, "--reason", self.reason)
        return Call(
            words=line,
            consent=consent,
            desk=self.desk,
            decided=lambda: self.mark("decided", shlex.join(("hrmsops", *line))),
        )

    def latest(self) -> Json:
        """The run that was begun last, by whomever; empty where there is none."""
        runs = Record.read(self.desk).runs
        return runs[-1] if runs else {}

    def _let_go(self) -> Answer:
        answer = self.call("hold", "off", consent=lambda: ("--yes", *ACKNOWLEDGED)).answer()
        if not answer.problem:
            self.mark("let-go", "payroll goes on")
        return answer
