"""The one place where requests by revision are read: evidence that is taken if it comes in time."""

from __future__ import annotations

from concurrent.futures import Future
from concurrent.futures import TimeoutError as TookTooLong
from datetime import datetime, timedelta

import msgspec

from hrmsops.errors.base import HrmsopsError
from hrmsops.gcp.samples import Requests
from hrmsops.rollback.candidates import has_record
from hrmsops.rollback.facts import ServiceFacts
from hrmsops.rollback.observing import aside
from hrmsops.world import World

SECONDS_MAX = 5.0
"""A rollback does not wait for a metric."""
CLOCK_DIFFERENCE_MAX = timedelta(seconds=30)
RECENT = timedelta(minutes=30)
HISTORY, HISTORY_EVERY = timedelta(days=7), timedelta(hours=1)
BEFORE, AFTER = timedelta(minutes=30), timedelta(minutes=2)
"""Around a moment in the past; a sample ends up to a minute after what it counts."""


class Known(msgspec.Struct, frozen=True, kw_only=True):
    """What was read, or why it was not: `unknown` is "" where it was."""

    requests: Requests | None
    unknown: str


def recent(world: World) -> Future[Requests]:
    """What each revision answered in the last half hour, being asked for."""
    return aside(lambda: _until_now(world, RECENT, every=None))


def known(asked: Future[Requests], *, seconds: float = SECONDS_MAX) -> Known:
    """What came of it within `seconds`; that it did not come is an answer too."""
    try:
        return Known(requests=asked.result(timeout=seconds), unknown="")
    except TookTooLong:
        return Known(requests=None, unknown=f"Cloud Monitoring did not answer in {seconds:g} s")
    except HrmsopsError as error:
        return Known(requests=None, unknown=f"{error.what} {error.why}")


def with_history(
    world: World, facts: ServiceFacts, *, seconds: float = SECONDS_MAX
) -> ServiceFacts:
    """The facts with what served in the last week, where our own record does not tell it."""
    if has_record(facts):
        return facts
    asked = aside(lambda: _until_now(world, HISTORY, every=HISTORY_EVERY))
    return _with(facts, known(asked, seconds=seconds))


def with_requests_around(world: World, facts: ServiceFacts, at: datetime) -> ServiceFacts:
    """The facts with what was served around a moment."""
    service = world.service_name
    asked = aside(
        lambda: world.monitoring.requests(service, since=at - BEFORE, until=at + AFTER, every=None)
    )
    return _with(facts, known(asked))


def _until_now(world: World, span: timedelta, *, every: timedelta | None) -> Requests:
    """Until the cloud's now: where our clock differs the answer says so, and it is asked again."""
    now = world.cloud_now()
    found = world.monitoring.requests(world.service_name, since=now - span, until=now, every=every)
    told = world.cloud_now()
    if abs(told - now) <= CLOCK_DIFFERENCE_MAX:
        return found
    return world.monitoring.requests(world.service_name, since=told - span, until=told, every=every)


def _with(facts: ServiceFacts, found: Known) -> ServiceFacts:
    return msgspec.structs.replace(facts, requests=found.requests, requests_unknown=found.unknown)
