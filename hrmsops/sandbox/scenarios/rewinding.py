"""What drills have in common in which the database goes back in time: replay, payments, lists."""

from __future__ import annotations

import shlex
from abc import abstractmethod
from collections.abc import Callable
from dataclasses import replace
from typing import ClassVar

from hrmsops.sandbox.habits import editing
from hrmsops.sandbox.scenarios.checks import checks_of, untrue
from hrmsops.sandbox.scenarios.drill import Drill
from hrmsops.sandbox.scenarios.lists import listing_in
from hrmsops.sandbox.scenarios.monitor import OUTAGE, wait_until
from hrmsops.sandbox.scenarios.operator import Answer, Call, environment, look
from hrmsops.sandbox.scenarios.payday import Payday
from hrmsops.sandbox.scenarios.proof import Listing
from hrmsops.sandbox.scenarios.result import Result, Rewound
from hrmsops.sandbox.scenarios.traffic_watch import TrafficWatch
from hrmsops.sandbox.state import Json
from hrmsops.sandbox.writes import Habit

ACKNOWLEDGED = ("--acknowledge", "bank_files")
"""What `hrmsops.toml` lists as having left the building."""
WELL_SECONDS_MAX = 60.0
UNACKNOWLEDGED, RESUMED_MAX = "irrevocable-not-acknowledged", 3


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
    def source(self) -> tuple[str, ...]:
        """Words for `hrmsops replay RUN` that say what it is to be replayed from."""

    def evidence(self, call: Call, run: str) -> tuple[str, ...]:
        """What a person is asked about the damage, as words."""
        return ()

    def untrue(self) -> list[str]:
        """The operator's checks that are not true of the database that serves."""
        checks = checks_of(self.home, self.production.name)
        return untrue(self.estate.dsn(self.production), checks)

    def is_well(self) -> bool:
        """Whether users can work again: a few may still ask for rows that are listed, not there."""
        moment = self.timeline.monotonic("let-go")
        has_ceased = moment is not None and OUTAGE.has_ceased(self.traffic, since=moment)
        return has_ceased and not self.untrue()

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
        after = self._replay(answer.run)
        after = after if after.problem else self._let_go()
        if not after.problem and wait_until(self.is_well, seconds_max=WELL_SECONDS_MAX):
            share = f"fewer than {OUTAGE.error_rate:.0%} of the requests fail"
            self.mark("verified", f"the checks are true, {share}")
        return replace(answer, problem=after.problem)

    def _go_back(self) -> Answer:
        """Stop the bleeding, then go back; `--acknowledge` is for what was paid until the hold."""
        held = self.operator.answer(
            self._call("hold", "on", consent=lambda: ("--yes",), is_over=self._is_held)
        )
        if held.problem:
            return held
        self.mark("held", "payroll waits")
        leaves = self.estate.serving(self.production)
        instance = self.estate.instance(self.production)
        with TrafficWatch(
            lambda: self.estate.service(self.production),
            leaves,
            on_decided=lambda: None,  # It was decided when the first command was typed.
            on_shifted=lambda: self.mark("shifted", "users write to the recovered database"),
        ):
            answer = self.operator.answer(
                self._call(
                    *self.way_back(),
                    consent=lambda: ("--yes", "--confirm", instance, *ACKNOWLEDGED),
                    is_over=self._has_shifted,
                )
            )
            for _ in range(RESUMED_MAX):
                if answer.code != UNACKNOWLEDGED:
                    break
                answer = self._resume()
        return replace(answer, run=answer.run or self._latest_run())

    def _resume(self) -> Answer:
        """Go on, when a payment that was under way at the hold left the building after all."""
        call = self._call("resume", consent=lambda: ACKNOWLEDGED, is_over=self._has_shifted)
        return self.operator.answer(replace(call, words=("resume",)))

    def _has_shifted(self) -> bool:
        return self.timeline.monotonic("shifted") is not None

    def _replay(self, run: str) -> Answer:
        call: Call = self._call(
            "replay", run, *self.source(), "--apply", "--out", str(self._lists),
            consent=lambda: ("--yes", *self.evidence(call, run)),
            is_over=lambda: (self._lists / "manifest.json").exists(),
        )  # fmt: skip
        answer = self.operator.answer(call)
        if not answer.problem:
            self._replayed = _applied(answer.told or self._record(self._latest_run()))
            conflicts = len(self.listed().rows)
            told = f"{self._replayed} rows are replayed, {conflicts} are listed as conflicts"
            self.mark("replayed", told)
        return answer

    def _let_go(self) -> Answer:
        answer = self.operator.answer(
            self._call(
                "hold", "off", consent=lambda: ("--yes", *ACKNOWLEDGED),
                is_over=lambda: not self._is_held(),
            )
        )  # fmt: skip
        if not answer.problem:
            self.mark("let-go", "payroll goes on")
        return answer

    def _is_held(self) -> bool:
        return self.estate.is_held(self.production)

    def _latest_run(self) -> str | None:
        """The run that a person began last, in another process."""
        runs = look(self._call("runs", consent=tuple, is_over=bool), "runs").told.get("runs", ())
        return str(runs[0]["run"]) if runs else None

    def _record(self, run: str | None) -> Json:
        shown = self._call("runs", consent=tuple, is_over=bool)
        return look(shown, "runs", "show", run).told if run else {}

    def _call(
        self, *words: str, consent: Callable[[], tuple[str, ...]], is_over: Callable[[], bool]
    ) -> Call:
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


def _applied(record: Json) -> int:
    """How many rows a run of `replay` has written."""
    results = [step.get("result") or {} for step in record.get("steps", ())]
    return sum(int(result.get("applied", 0)) for result in results)
