"""What drills have in common in which the database goes back in time: replay, payments, lists."""

from __future__ import annotations

import shlex
from abc import abstractmethod
from collections.abc import Callable
from dataclasses import replace
from typing import ClassVar

from hrmsops.sandbox.habits import editing
from hrmsops.sandbox.scenarios.drill import WAIT_SECONDS_MAX, Drill
from hrmsops.sandbox.scenarios.lists import listing_in
from hrmsops.sandbox.scenarios.monitor import wait_until
from hrmsops.sandbox.scenarios.operator import Answer, Call, environment
from hrmsops.sandbox.scenarios.payday import Payday
from hrmsops.sandbox.scenarios.proof import Listing
from hrmsops.sandbox.scenarios.result import Result, Rewound
from hrmsops.sandbox.scenarios.traffic_watch import TrafficWatch
from hrmsops.sandbox.writes import Habit

IRREVOCABLE = "bank_files"
"""What `hrmsops.toml` lists as having left the building."""


class Rewinding(Drill):
    """The database goes back, and what was written since is brought after it.

    Payroll pays all the while. A subclass says how to go back, and what to replay from.
    """

    habit: ClassVar[Habit] = staticmethod(editing)
    has_records = True
    reason: ClassVar[str]

    @abstractmethod
    def way_back(self) -> tuple[str, ...]:
        """hrmsops's words that lead the service to a recovered database."""

    @abstractmethod
    def evidence(self) -> tuple[str, ...]:
        """Words for `hrmsops replay RUN` that say what is to be replayed."""

    @abstractmethod
    def wellness(self) -> str:
        """What shows that production is well again, in a sentence; "" as long as nothing does."""

    def rehearse(self) -> Result:
        self._lists = self.home.root / "replay"
        self._replayed = 0
        return super().rehearse()

    def recover(self) -> Answer:
        with Payday(self.estate, self.production):
            return self._recover()

    def proven(self, answer: Answer) -> Result:
        return replace(
            super().proven(answer),
            rewound=Rewound(
                replayed=self._replayed,
                conflicts=len(self.listed().rows),
                payments_doubled=self.bank.doubled(),
            ),
        )

    def listed(self) -> Listing:
        return listing_in(self._lists)

    def _recover(self) -> Answer:
        answer = self._go_back()
        if answer.problem or answer.run is None:
            return answer
        replayed = self._replay(answer.run)
        if not replayed.problem and wait_until(
            lambda: bool(self.wellness()), seconds_max=WAIT_SECONDS_MAX
        ):
            self.mark("verified", self.wellness())
        return replace(answer, problem=replayed.problem)

    def _go_back(self) -> Answer:
        leaves = self.estate.serving(self.production)
        instance = self.estate.instance(self.production)
        with TrafficWatch(
            lambda: self.estate.service(self.production),
            leaves,
            on_decided=lambda: self.mark("decided", f"the traffic is told to leave {leaves}"),
            on_shifted=lambda: self.mark("shifted", "users write to the recovered database"),
        ):
            return self.operator.answer(
                self._call(
                    *self.way_back(),
                    consent=("--yes", "--confirm", instance, "--acknowledge", IRREVOCABLE),
                    is_over=lambda: self.timeline.monotonic("shifted") is not None,
                )
            )

    def _replay(self, run: str) -> Answer:
        call = self._call(
            "replay", run, *self.evidence(), "--apply", "--out", str(self._lists),
            consent=("--yes",),
            is_over=lambda: (self._lists / "manifest.json").exists(),
        )  # fmt: skip
        answer = self.operator.answer(call)
        if not answer.problem:
            self._replayed = _applied(answer)
            conflicts = len(self.listed().rows)
            told = f"{self._replayed} rows are replayed, {conflicts} are listed as conflicts"
            self.mark("replayed", told)
        return answer

    def _call(self, *words: str, consent: tuple[str, ...], is_over: Callable[[], bool]) -> Call:
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


def _applied(answer: Answer) -> int:
    results = [step.get("result") or {} for step in answer.told.get("steps", ())]
    return sum(int(result.get("applied", 0)) for result in results)
