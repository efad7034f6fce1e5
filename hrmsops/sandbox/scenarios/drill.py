"""What every rehearsal has in common: deploy, let users write, break, notice, recover, prove.

A drill is one module beside this one: a subclass that says what breaks, how that shows, and which
command lines bring production back.
"""

from __future__ import annotations

import time
from abc import ABC, abstractmethod
from collections.abc import Callable
from contextlib import nullcontext
from typing import ClassVar, Literal, Protocol

from hrmsops.errors.estate import DrillStalled
from hrmsops.sandbox.bank import Bank
from hrmsops.sandbox.estate import GOOD_RELEASES, Estate
from hrmsops.sandbox.habits import adding, editing
from hrmsops.sandbox.scenarios.attended import attend
from hrmsops.sandbox.scenarios.checks import checks_of, untrue
from hrmsops.sandbox.scenarios.lists import listing_in
from hrmsops.sandbox.scenarios.monitor import OUTAGE, wait_until
from hrmsops.sandbox.scenarios.operator import Answer, Person, desk_in, look
from hrmsops.sandbox.scenarios.payday import Payday
from hrmsops.sandbox.scenarios.proof import Listing, lost_writes
from hrmsops.sandbox.scenarios.record import Record
from hrmsops.sandbox.scenarios.result import Result, Rewound
from hrmsops.sandbox.scenarios.timeline import Timeline
from hrmsops.sandbox.traffic import Traffic
from hrmsops.sandbox.writes import Habit

CLIENTS, REQUESTS_PER_SECOND = 4, 60.0
WAIT_SECONDS_MAX = 30.0
Branch = Literal["app", "migration", "pitr", "backup"]


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

    Its one environment is production, which pays through `bank`. Without a `person` it recovers by
    itself. One that `is_secret` looks like any other until its damage shows.
    """

    name: ClassVar[str]
    branch: ClassVar[Branch]
    """Of the guide's decision tree: the one that is right here."""
    told: ClassVar[tuple[str, ...]] = ()
    """What an engineer sees and hrmsops cannot look up, as options of `rollback --advise`."""
    origin: ClassVar[str] = "released"
    """The event at which the damage is done: second zero."""
    releases: ClassVar[tuple[str, ...]] = ()
    """Those that go live during the drill, besides the good ones before it."""
    habit: ClassVar[Habit] = staticmethod(adding)
    """What users do meanwhile."""
    has_records: ClassVar[bool] = False
    """Whether there are generated records besides what the users write."""
    pays: ClassVar[bool] = False
    """Whether payroll pays from the first request on."""

    def __init__(
        self,
        estate: Estate,
        *,
        bank: Bank,
        person: Person | None,
        listener: Listener,
        is_secret: bool = False,
    ) -> None:
        self.home, self.estate, self.bank = estate.home, estate, bank
        self.production = estate.environments[0]
        self.desk = desk_in(self.home, estate.passwords(self.production))
        self.person, self.listener, self.is_secret = person, listener, is_secret
        self.timeline = Timeline(origin=self.origin)
        self.advised = ""
        """The branch that hrmsops has advised; "" where it was not asked."""
        self.brought_back = 0
        """Rows that hrmsops has written."""
        self.traffic: Traffic

    def rehearse(self) -> Result:
        """Deploy, break, recover, prove. The traffic has ended when this returns or raises."""
        self.deploy()
        self.traffic = Traffic(
            self.estate.url(self.production),
            acknowledged=self.home.root / "acknowledged.jsonl",
            clients=CLIENTS,
            requests_per_second=REQUESTS_PER_SECOND,
            habit=editing if self.is_secret else type(self).habit,
        )
        self.traffic.start()
        self.listener.watch(self._pulse)
        payday = Payday(self.estate, self.production)
        try:
            with payday if self._is_payday else nullcontext():
                answer = self._break_and_recover()
        finally:
            self.traffic.stop()
        return self._proven(answer)

    def deploy(self) -> None:
        """Production as it is before anything breaks; the newest code is checked out."""
        releases = (*GOOD_RELEASES, *self.releases)
        self.estate.prepare(releases=releases)
        for release in GOOD_RELEASES:
            self.estate.release(self.production, release)
        if self.has_records or self.is_secret:
            self.estate.generate(self.production, GOOD_RELEASES[-1])
        self.estate.check_out(releases[-1], self.home.root / "project")
        self.mark("deployed", f"{' and '.join(GOOD_RELEASES)} are deployed")

    @abstractmethod
    def damage(self) -> None:
        """Break production, and mark the origin."""

    @abstractmethod
    def sign(self) -> str:
        """What shows that it is broken, in a sentence; "" as long as nothing does."""

    @abstractmethod
    def recover(self) -> Answer:
        """Type what brings production back, and mark `verified` once it is well again."""

    def listed(self) -> Listing:
        """What the engineer was told is not in the database."""
        return listing_in(Record.read(self.desk).listings(self.desk))

    def is_well(self, since: str) -> bool:
        """Whether users can work: a few may still ask for rows that are listed, not there."""
        moment = self.timeline.monotonic(since)
        has_ceased = moment is not None and OUTAGE.has_ceased(self.traffic, since=moment)
        return has_ceased and not self.untrue()

    def untrue(self) -> list[str]:
        """The engineer's checks that are not true of the database that serves."""
        checks = checks_of(self.home, self.production.name)
        return untrue(self.estate.dsn(self.production), checks)

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
        if self.person:
            return attend(self, self.person)
        self._ask_advice()
        return self.recover()

    def _ask_advice(self) -> None:
        told = look(self.desk, "rollback", "--advise", "-e", self.production.name, *self.told).told
        self.advised = str(told.get("recommendation", "nothing"))
        self.mark("advised", f"hrmsops advises: {told.get('title', 'nothing')}")

    def _proven(self, answer: Answer) -> Result:
        """How it went, by what the database, the traffic, the bank and the record say."""
        acknowledged = self.traffic.acknowledged()
        since = self.timeline.monotonic("traffic") or 0.0
        total = self.traffic.counted(since=since)
        missing = lost_writes(
            self.estate.dsn(self.production), acknowledged, in_doubt=self.traffic.in_doubt
        )
        record = Record.read(self.desk)
        return Result(
            scenario=self.name,
            origin=self.origin,
            recovered=self.timeline.monotonic("verified") is not None,
            prescribed=self.branch,
            advised=self.advised,
            taken=record.taken,
            acknowledged_writes=len({write.request_id for write in acknowledged}),
            lost_writes=self.listed().without(missing),
            requests=total.requests,
            failed_requests=total.failed,
            by_second=self.traffic.by_second(since=since),
            run=answer.run,
            problem=answer.problem,
            timeline=self.timeline,
            rewound=self._rewound() if self._is_payday or record.cutover else None,
        )

    @property
    def _is_payday(self) -> bool:
        return self.pays or self.is_secret

    def _rewound(self) -> Rewound:
        return Rewound(
            replayed=self.brought_back,
            conflicts=len(self.listed().rows),
            payments_doubled=self.bank.doubled(),
        )

    def _pulse(self) -> str:
        count = self.traffic.counted(since=time.monotonic() - 1)
        return f"{count.requests} requests a second, {count.failed} of them fail"
