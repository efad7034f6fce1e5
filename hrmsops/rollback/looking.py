"""The one place where the facts behind an advice are read: side by side, each with a deadline."""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import Future
from datetime import timedelta
from typing import TypeVar

from hrmsops.engine.journal import Journal
from hrmsops.errors.base import HrmsopsError
from hrmsops.errors.record import RecordUnusable
from hrmsops.gcp.samples import Requests
from hrmsops.rollback.backup_facts import BackupFacts
from hrmsops.rollback.database_facts import DatabaseFacts
from hrmsops.rollback.facts import ServiceFacts
from hrmsops.rollback.history import History
from hrmsops.rollback.observing import aside, observe
from hrmsops.rollback.observing_database import observe_backups, observe_database
from hrmsops.rollback.observing_requests import known, recent, with_history
from hrmsops.rollback.observing_schema import schema_of
from hrmsops.rollback.sighting import HoldSeen, Seen, ServingHealth, Sighting
from hrmsops.steps.cloud_run.health import in_words, overall
from hrmsops.steps.hold.held import active_hold
from hrmsops.steps.hold.observing import observe_hold
from hrmsops.world import World

T = TypeVar("T")

METRICS_SECONDS = 2.0
"""A metric is no reason to wait: without it the revisions are judged by what else is known."""
DEADLINE = timedelta(seconds=6)
"""For everything together; a look that takes longer is an honest "unknown"."""


def look(world: World, journal: Journal) -> Sighting:
    """Look once at everything; never longer than DEADLINE, never an error."""
    began = time.monotonic()
    service = aside(lambda: _service(world, journal))

    def after_service(see: Callable[[ServiceFacts], T]) -> Future[T]:
        return aside(lambda: see(service.result()))

    asked = recent(world)
    known_by_requests = after_service(
        lambda facts: with_history(world, facts, seconds=METRICS_SECONDS)
    )
    health = after_service(lambda facts: _health(world, facts))
    database = after_service(lambda facts: _database(world, facts))
    backups = after_service(lambda facts: _backups(world, facts))
    schema = after_service(lambda facts: schema_of(world, facts))
    hold = aside(lambda: _hold(world, journal))
    until = began + DEADLINE.total_seconds()
    return Sighting(
        at=world.clock.now(),
        service=_seen(known_by_requests, until),
        requests=_requests(asked),
        health=_seen(health, until),
        database=_seen(database, until),
        backups=_seen(backups, until),
        schema=_seen(schema, until),
        hold=_seen(hold, until),
        holder=_holder(world),
        unfinished=_unfinished(world, journal),
        seconds=round(time.monotonic() - began, 3),
    )


def _service(world: World, journal: Journal) -> ServiceFacts:
    """Where the record cannot be read, Cloud Run still can."""
    try:
        return observe(world, journal)
    except RecordUnusable:
        return ServiceFacts(
            observed_at=world.clock.now(),
            service=world.cloud_run.service(world.service_name),
            revisions=world.cloud_run.revisions(world.service_name),
            history=History(),
        )


def _seen(look: Future[T], until: float) -> Seen[T]:
    try:
        return Seen(value=look.result(timeout=max(0.05, until - time.monotonic())))
    except HrmsopsError as error:
        return Seen(value=None, why=f"{error.what} {error.why}", code=error.code)
    except TimeoutError:
        return Seen(value=None, why=f"No answer within {DEADLINE.total_seconds():.0f} s.")


def _health(world: World, facts: ServiceFacts) -> ServingHealth:
    paths = world.environment.health.paths
    probes = [world.prober.look(facts.service.uri, path) for path in paths]
    return ServingHealth(verdict=overall(probes), findings=tuple(in_words(probes)))


def _database(world: World, facts: ServiceFacts) -> DatabaseFacts:
    return observe_database(world, facts)


def _backups(world: World, facts: ServiceFacts) -> BackupFacts:
    return observe_backups(world, facts, instance_name=None)


def _requests(asked: Future[Requests]) -> Seen[Requests]:
    found = known(asked, seconds=METRICS_SECONDS)
    return Seen(value=found.requests, why=found.unknown)


def _hold(world: World, journal: Journal) -> HoldSeen:
    """What works by itself is known from the cloud, also where the record cannot be read."""
    facts = observe_hold(world)
    try:
        return HoldSeen(hold=active_hold(journal.runs(), world.service_name), facts=facts)
    except HrmsopsError as error:
        return HoldSeen(hold=None, facts=facts, record_unknown=f"{error.what} {error.why}")


def _holder(world: World) -> str:
    try:
        holder = world.lease().holder()
    except HrmsopsError as error:
        return f"unknown: {error.why}"
    return f"run {holder.run} of {holder.by} since {holder.since:%H:%M} UTC" if holder else ""


def _unfinished(world: World, journal: Journal) -> tuple[str, ...]:
    try:
        runs = journal.runs()
    except HrmsopsError:
        return ()
    service = world.service_name
    return tuple(
        run.id for run in runs if not run.closed and run.plan.subject.get("service") == service
    )
