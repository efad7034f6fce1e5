"""What drills have in common in which the service goes to a recovered database, and a replay."""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import replace

from hrmsops.sandbox.scenarios.held import ACKNOWLEDGED, HeldDrill
from hrmsops.sandbox.scenarios.operator import Answer, Call
from hrmsops.sandbox.scenarios.record import written
from hrmsops.sandbox.scenarios.traffic_watch import TrafficWatch

UNACKNOWLEDGED, RESUMED_MAX = "irrevocable-not-acknowledged", 3


class Rewinding(HeldDrill):
    """The database goes back, and what was written since is brought after it.

    A subclass says how to go back, and what to replay from.
    """

    @abstractmethod
    def way_back(self) -> tuple[str, ...]:
        """hrmsops's words that lead the service to a recovered database."""

    @abstractmethod
    def source(self) -> tuple[str, ...]:
        """Words for `hrmsops replay RUN` that say what it is to be replayed from."""

    def evidence(self, call: Call, run: str) -> tuple[str, ...]:
        """What a person is asked about the damage, as words."""
        return ()

    def bring_back(self) -> Answer:
        answer = self._go_back()
        if answer.problem or answer.run is None:
            return answer
        return replace(answer, problem=self._replay(answer.run).problem)

    def _go_back(self) -> Answer:
        """`--acknowledge` is for what was paid until the hold."""
        leaves = self.estate.serving(self.production)
        instance = self.estate.instance(self.production)
        with TrafficWatch(
            lambda: self.estate.service(self.production),
            leaves,
            on_decided=lambda: None,  # It was decided when the first command was typed.
            on_shifted=lambda: self.mark("shifted", "users write to the recovered database"),
        ):
            answer = self.call(
                *self.way_back(),
                consent=lambda: ("--yes", "--confirm", instance, *ACKNOWLEDGED),
            ).answer()
            for _ in range(RESUMED_MAX):
                if answer.code != UNACKNOWLEDGED:
                    break
                answer = self._resume()
        return replace(answer, run=answer.run or self.latest().get("run"))

    def _resume(self) -> Answer:
        """Go on, when a payment that was under way at the hold left the building after all."""
        call = self.call("resume", consent=lambda: ACKNOWLEDGED)
        return replace(call, words=("resume",)).answer()

    def _replay(self, run: str) -> Answer:
        call: Call = self.call(
            "replay", run, *self.source(), "--apply",
            consent=lambda: ("--yes", *self.evidence(call, run)),
        )  # fmt: skip
        answer = call.answer()
        if not answer.problem:
            self.brought_back = written(answer.told or self.latest())
            conflicts = len(self.listed().rows)
            told = f"{self.brought_back} rows are replayed, {conflicts} are listed as conflicts"
            self.mark("replayed", told)
        return answer
