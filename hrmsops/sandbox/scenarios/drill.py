"""What every rehearsal has in common: deploy, let users write, break, notice, recover, prove.

A drill is one module beside this one: a subclass that says what breaks, how that shows, and which
command lines bring production back.
"""

from __future__ import annotations

import time
from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import ClassVar, Protocol

from hrmsops.errors.estate import DrillStalled
from hrmsops.sandbox.bank import Bank
from hrmsops.sandbox.estate import GOOD_RELEASES, Estate
from hrmsops.sandbox.habits import adding
from hrmsops.sandbox.scenarios.monitor import OUTAGE, wait_until
from hrmsops.sandbox.scenarios.operator import Answer, Operator
from hrmsops.sandbox.scenarios.proof import Listing, lost_writes
from hrmsops.sandbox.scenarios.result import Result
from hrmsops.sandbox.scenarios.timeline import Timeline
from hrmsops.sandbox.traffic import Traffic
from hrmsops.sandbox.writes import Habit

CLIENTS, REQUESTS_PER_SECOND = 4, 60.0
WAIT_SECONDS_MAX = 30.0


class Listener(Protocol):
    """Whoever shows the drill while it goes on."""

    def event(self, name: str, sentence: str, *, is_origin: bool) -> None:
        """Something happened: its name in the timeline, and a sentence.

        Seconds count from the origin.
        """

    def watch(self, sentence: Callable[[], str]) -> None:
        """From now on this sentence, asked for again and again, says what goes on."""


class Drill(ABC):
    """One rehearsal in a sandbox of its own; `estate` has nothing deployed yet.

    Its one environment is production, which pays through `bank`.
    """

    name: ClassVar[str]
    origin: ClassVar[str] = "released"
    """The event at which the damage is done: second zero."""
    releases: ClassVar[tuple[str, ...]] = ()
    """Those that go live during the drill, besides the good ones before it."""
    habit: ClassVar[Habit] = staticmethod(adding)
    """What users do meanwhile."""
    has_records: ClassVar[bool] = False
    """Whether there are generated records besides what the users write."""

    def __init__(
        self, estate: Estate, *, bank: Bank, operator: Operator, listener: Listener
    ) -> None:
        self.home, self.estate, self.bank = estate.home, estate, bank
        self.production = estate.environments[0]
        self.operator, self.listener = operator, listener
        self.timeline = Timeline(origin=self.origin)
        self.traffic: Traffic

    def rehearse(self) -> Result:
        """Deploy, break, recover, prove. The traffic has ended when this returns or raises."""
        self.deploy()
        self.traffic = Traffic(
            self.estate.url(self.production),
            acknowledged=self.home.root / "acknowledged.jsonl",
            clients=CLIENTS,
            requests_per_second=REQUESTS_PER_SECOND,
            habit=type(self).habit,
        )
        self.traffic.start()
        self.listener.watch(self._pulse)
        try:
            answer = self._break_and_recover()
        finally:
            self.traffic.stop()
        return self.proven(answer)

    def deploy(self) -> None:
        """Production as it is before anything breaks."""
        self.estate.prepare(releases=(*GOOD_RELEASES, *self.releases))
        for release in GOOD_RELEASES:
            self.estate.release(self.production, release)
        if self.has_records:
            self.estate.generate(self.production, GOOD_RELEASES[-1])
        self.mark("deployed", f"{' and '.join(GOOD_RELEASES)} are deployed")

    @abstractmethod
    def damage(self) -> None:
        """Break production, and mark the origin."""

    @abstractmethod
    def sign(self) -> str:
        """What shows that it is broken, in a sentence; "" as long as nothing does."""

    @abstractmethod
    def recover(self) -> Answer:
        """Call the operator, and mark `verified` once production is well again."""

    def proven(self, answer: Answer) -> Result:
        """How it went, by what the database and the traffic say."""
        acknowledged = self.traffic.acknowledged()
        since = self.timeline.monotonic("traffic") or 0.0
        total = self.traffic.counted(since=since)
        missing = lost_writes(
            self.estate.dsn(self.production), acknowledged, in_doubt=self.traffic.in_doubt
        )
        return Result(
            scenario=self.name,
            origin=self.origin,
            recovered=self.timeline.monotonic("verified") is not None,
            acknowledged_writes=len({write.request_id for write in acknowledged}),
            lost_writes=self.listed().without(missing),
            requests=total.requests,
            failed_requests=total.failed,
            by_second=self.traffic.by_second(since=since),
            run=answer.run,
            problem=answer.problem,
            timeline=self.timeline,
        )

    def listed(self) -> Listing:
        """What the operator was told is not in the database."""
        return Listing({})

    def is_clean(self, since: str) -> bool:
        """Whether requests have been answered for a whole window since that event."""
        moment = self.timeline.monotonic(since)
        return moment is not None and OUTAGE.is_clean(self.traffic, since=moment)

    def failures(self) -> str:
        """A sentence once the error rate since the origin is that of an outage, else ""."""
        since = self.timeline.monotonic(self.origin) or 0.0
        if not OUTAGE.is_broken(self.traffic, since=since):
            return ""
        count = self.traffic.counted(since=since)
        return f"{count.failed} of {count.requests} requests failed"

    def expect(self, condition: Callable[[], bool], awaited: str) -> None:
        """Wait for what has to come before anything can be rehearsed; raises DrillStalled."""
        if not wait_until(condition, seconds_max=WAIT_SECONDS_MAX):
            raise DrillStalled(scenario=self.name, awaited=awaited, seconds=WAIT_SECONDS_MAX)

    def mark(self, event: str, sentence: str) -> None:
        """Put an event into the timeline and on the screen, the first time that it happens."""
        if self.timeline.mark(event):
            self.listener.event(event, sentence, is_origin=event == self.origin)

    def _break_and_recover(self) -> Answer:
        self.mark("traffic", f"{CLIENTS} clients write to production")
        self.expect(lambda: self.is_clean("traffic"), "every request was answered")
        self.damage()
        self.listener.watch(self._pulse)  # The deploy had the line to itself.
        self.expect(lambda: bool(self.sign()), "the damage was noticed")
        self.mark("detected", self.sign())
        return self.recover()

    def _pulse(self) -> str:
        count = self.traffic.counted(since=time.monotonic() - 1)
        return f"{count.requests} requests a second, {count.failed} of them fail"
