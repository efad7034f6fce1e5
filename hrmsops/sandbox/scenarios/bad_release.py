"""Drill: a release that fails a fifth of its requests goes live, and is rolled back."""

from __future__ import annotations

import shlex
import time
from collections.abc import Callable
from typing import Protocol

from hrmsops.errors.estate import DrillStalled
from hrmsops.sandbox.blueprint import PRODUCTION
from hrmsops.sandbox.estate import GOOD_RELEASES, Estate
from hrmsops.sandbox.scenarios.monitor import OUTAGE, wait_until
from hrmsops.sandbox.scenarios.operator import Answer, Call, Operator, environment
from hrmsops.sandbox.scenarios.proof import lost_writes
from hrmsops.sandbox.scenarios.result import Result
from hrmsops.sandbox.scenarios.timeline import Timeline
from hrmsops.sandbox.scenarios.traffic_watch import TrafficWatch
from hrmsops.sandbox.traffic import Traffic

NAME = "bad-release"
BAD_RELEASE = "2024.3-bad"
REASON = "Error spike in new deployment"
COMMAND = ("rollback", "app", "-e", PRODUCTION.name, "--reason", REASON)
CLIENTS, REQUESTS_PER_SECOND = 4, 60.0
WAIT_SECONDS_MAX = 30.0


class Listener(Protocol):
    """Whoever shows the drill while it goes on."""

    def event(self, name: str, sentence: str) -> None:
        """Something happened: its name in the timeline, and a sentence."""

    def watch(self, sentence: Callable[[], str]) -> None:
        """From now on this sentence, asked for again and again, says what goes on."""


class BadRelease:
    """One rehearsal in a sandbox of its own; `estate` has nothing deployed yet."""

    def __init__(self, estate: Estate, *, operator: Operator, listener: Listener) -> None:
        self.home, self.estate = estate.home, estate
        self.operator, self.listener = operator, listener
        self.timeline = Timeline(origin="released")

    def rehearse(self) -> Result:
        """Deploy, break, recover, prove. The traffic has ended when this returns or raises."""
        self.estate.prepare(releases=(*GOOD_RELEASES, BAD_RELEASE))
        for release in GOOD_RELEASES:
            self.estate.release(PRODUCTION, release)
        self._mark("deployed", f"{' and '.join(GOOD_RELEASES)} are deployed")
        traffic = Traffic(
            self.estate.url(PRODUCTION),
            acknowledged=self.home.root / "acknowledged.jsonl",
            clients=CLIENTS,
            requests_per_second=REQUESTS_PER_SECOND,
        )
        traffic.start()
        self.listener.watch(lambda: _pulse(traffic))
        try:
            answer = self._break_and_recover(traffic)
        finally:
            traffic.stop()
        return self._proven(traffic, answer)

    def _break_and_recover(self, traffic: Traffic) -> Answer:
        self._mark("traffic", f"{CLIENTS} clients write to production")
        self._expect(lambda: self._is_clean(traffic, "traffic"), "every request was answered")
        bad = self.estate.release(PRODUCTION, BAD_RELEASE)
        self._mark("released", f"{BAD_RELEASE} is live")
        self._expect(lambda: self._is_broken(traffic), "the errors were noticed")
        self._mark("detected", self._failures(traffic))
        with TrafficWatch(
            lambda: self.estate.service(PRODUCTION),
            bad,
            on_decided=lambda: self._mark("decided", f"the traffic is told to leave {bad}"),
            on_shifted=lambda: self._mark("shifted", f"the traffic has left {bad}"),
        ):
            answer = self.operator.answer(self._call(traffic))
            if wait_until(lambda: self._is_clean(traffic, "shifted"), seconds_max=WAIT_SECONDS_MAX):
                self._mark("verified", f"{OUTAGE.window_seconds:.0f} s without a failed request")
        return answer

    def _call(self, traffic: Traffic) -> Call:
        return Call(
            words=COMMAND,
            folder=self.home.root,
            env=environment(self.home),
            decided=lambda: self._mark("decided", shlex.join(("hrmsops", *COMMAND))),
            has_shifted=lambda: self.timeline.monotonic("shifted") is not None,
            is_over=lambda: self._is_clean(traffic, "shifted"),
        )

    def _proven(self, traffic: Traffic, answer: Answer) -> Result:
        acknowledged = traffic.acknowledged()
        since = self.timeline.monotonic("traffic") or 0.0
        total = traffic.counted(since=since)
        return Result(
            scenario=NAME,
            recovered=self.timeline.monotonic("verified") is not None,
            acknowledged_writes=len(acknowledged),
            lost_writes=lost_writes(self.estate.dsn(PRODUCTION), acknowledged),
            requests=total.requests,
            failed_requests=total.failed,
            by_second=traffic.by_second(since=since),
            run=answer.run,
            problem=answer.problem,
            timeline=self.timeline,
        )

    def _is_clean(self, traffic: Traffic, since: str) -> bool:
        moment = self.timeline.monotonic(since)
        return moment is not None and OUTAGE.is_clean(traffic, since=moment)

    def _is_broken(self, traffic: Traffic) -> bool:
        return OUTAGE.is_broken(traffic, since=self.timeline.monotonic("released") or 0.0)

    def _failures(self, traffic: Traffic) -> str:
        count = traffic.counted(since=self.timeline.monotonic("released") or 0.0)
        return f"{count.failed} of {count.requests} requests failed"

    def _expect(self, condition: Callable[[], bool], awaited: str) -> None:
        if not wait_until(condition, seconds_max=WAIT_SECONDS_MAX):
            raise DrillStalled(scenario=NAME, awaited=awaited, seconds=WAIT_SECONDS_MAX)

    def _mark(self, event: str, sentence: str) -> None:
        if self.timeline.mark(event):
            self.listener.event(event, sentence)


def _pulse(traffic: Traffic) -> str:
    count = traffic.counted(since=time.monotonic() - 1)
    return f"{count.requests} requests a second, {count.failed} of them fail"
