"""What drills have in common in which payroll is held while the database is brought back."""

from __future__ import annotations

import shlex
from abc import abstractmethod
from collections.abc import Callable
from dataclasses import replace
from typing import ClassVar

from hrmsops.sandbox.habits import editing
from hrmsops.sandbox.scenarios.checks import checks_of, untrue
from hrmsops.sandbox.scenarios.drill import Drill
from hrmsops.sandbox.scenarios.monitor import OUTAGE, wait_until
from hrmsops.sandbox.scenarios.operator import Answer, Call, environment, look
from hrmsops.sandbox.scenarios.payday import Payday
from hrmsops.sandbox.scenarios.result import Result, Rewound
from hrmsops.sandbox.state import Json
from hrmsops.sandbox.writes import Habit

ACKNOWLEDGED = ("--acknowledge", "bank_files")
"""What `hrmsops.toml` lists as having left the building."""
WELL_SECONDS_MAX = 60.0


class HeldDrill(Drill):
    """Payroll pays from the first request on; it is held, the database comes back, it goes on."""

    habit: ClassVar[Habit] = staticmethod(editing)
    has_records = True
    reason: ClassVar[str]

    @abstractmethod
    def bring_back(self) -> Answer:
        """Call the operator for everything between the hold and its end; the run that did it."""

    def rehearse(self) -> Result:
        self.brought_back = 0
        """Rows that hrmsops has written."""
        return super().rehearse()

    def recover(self) -> Answer:
        held = self.operator.answer(
            self.call("hold", "on", consent=lambda: ("--yes",), is_over=self._is_held)
        )
        if held.problem:
            return held
        self.mark("held", "payroll waits")
        answer = self.bring_back()
        if answer.problem:
            return answer
        let_go = self._let_go()
        if not let_go.problem and wait_until(self.is_well, seconds_max=WELL_SECONDS_MAX):
            share = f"fewer than {OUTAGE.error_rate:.0%} of the requests fail"
            self.mark("verified", f"the checks are true, {share}")
        return replace(answer, problem=let_go.problem)

    def proven(self, answer: Answer) -> Result:
        return replace(
            super().proven(answer),
            rewound=Rewound(
                replayed=self.brought_back,
                conflicts=len(self.listed().rows),
                payments_doubled=self.bank.doubled(),
            ),
        )

    def untrue(self) -> list[str]:
        """The operator's checks that are not true of the database that serves."""
        checks = checks_of(self.home, self.production.name)
        return untrue(self.estate.dsn(self.production), checks)

    def is_well(self) -> bool:
        """Whether users can work again: a few may still ask for rows that are listed, not there."""
        moment = self.timeline.monotonic("let-go")
        has_ceased = moment is not None and OUTAGE.has_ceased(self.traffic, since=moment)
        return has_ceased and not self.untrue()

    def call(
        self, *words: str, consent: Callable[[], tuple[str, ...]], is_over: Callable[[], bool]
    ) -> Call:
        """One line for the operator, in production and with this drill's reason."""
        line = (*words, "-e", self.production.name, "--reason", self.reason)
        return Call(
            words=line,
            consent=consent,
            folder=self.home.root,
            env=environment(self.home, self.estate.passwords(self.production)),
            decided=lambda: self.mark("decided", shlex.join(("hrmsops", *line))),
            has_shifted=is_over,
            is_over=is_over,
        )

    def latest(self) -> Json:
        """The run that was begun last, by whomever; empty where there is none."""
        runs = self._typed("runs").get("runs", ())
        return self._typed("runs", "show", str(runs[0]["run"])) if runs else {}

    def _break_and_recover(self) -> Answer:
        with Payday(self.estate, self.production):
            return super()._break_and_recover()

    def _let_go(self) -> Answer:
        answer = self.operator.answer(
            self.call(
                "hold", "off", consent=lambda: ("--yes", *ACKNOWLEDGED),
                is_over=lambda: not self._is_held(),
            )
        )  # fmt: skip
        if not answer.problem:
            self.mark("let-go", "payroll goes on")
        return answer

    def _is_held(self) -> bool:
        return self.estate.is_held(self.production)

    def _typed(self, *words: str) -> Json:
        return look(self.call(*words, consent=tuple, is_over=bool), *words).told


def written(run: Json) -> int:
    """How many rows a run has inserted, updated or deleted by its record."""
    results = [step.get("result") or {} for step in run.get("steps", ())]
    return sum(
        int(result.get(name, 0))
        for result in results
        for name in ("applied", "inserted", "updated")
    )
