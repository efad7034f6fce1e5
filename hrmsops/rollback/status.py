"""What is: the service, its revisions with their health, and what our record says of it."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures import TimeoutError as TookTooLong
from datetime import datetime

import msgspec

from hrmsops.engine.holder import Holder
from hrmsops.engine.journal import Journal
from hrmsops.engine.run import Run
from hrmsops.errors.base import HrmsopsError
from hrmsops.gcp.relays import Relay
from hrmsops.gcp.resources import Revision, Service, short
from hrmsops.gcp.samples import Requests
from hrmsops.rollback import database_status, record_status
from hrmsops.rollback.candidates import trouble_of
from hrmsops.rollback.closed import without_database
from hrmsops.rollback.database_status import DatabaseStatus
from hrmsops.rollback.facts import ServiceFacts
from hrmsops.rollback.observing import aside, observe_beside
from hrmsops.rollback.observing_requests import RECENT, SECONDS_MAX, Known, known, recent
from hrmsops.rollback.record_status import RecordStatus
from hrmsops.steps.cloud_run.health import in_words, overall
from hrmsops.steps.hold.held import Hold, active_hold
from hrmsops.world import World


class RevisionStatus(msgspec.Struct, frozen=True, kw_only=True):
    """One revision: its true share, who deployed it when from what, and how it is.

    `health` is "healthy", "unhealthy" or "unprobed"; `findings` say what was seen. `trouble` is
    why it could not take traffic, "" where it could. `requests` and `errors` are those that Cloud
    Monitoring counted lately; None is not zero, it is unknown. `digest` is the image's, "" where
    the API does not say.
    """

    name: str
    percent: int
    tags: tuple[str, ...]
    created_at: datetime
    creator: str
    image: str
    instance: str
    trouble: str
    health: str
    findings: tuple[str, ...]
    left_by_run: str
    requests: int | None = None
    errors: int | None = None
    digest: str = ""


class Counted(msgspec.Struct, frozen=True, kw_only=True):
    """What the counts of requests are worth: how far back they go, and how old the newest is.

    `age_seconds` None: nothing was counted, which is not the same as no errors. `unknown` says
    why they could not be read, "" where they were.
    """

    minutes: int
    age_seconds: int | None
    unknown: str


class Status(msgspec.Struct, frozen=True, kw_only=True):
    """The whole screen; `serving` is what is true, `asked` what was asked for.

    `cloud_at` is the same moment as `observed_at` by the cloud's clock: ages are told by it.
    `record_unknown` is why nothing on record is known (runs, a hold, a holder), "" where it is.
    """

    observed_at: datetime
    cloud_at: datetime
    environment: str
    service: str
    uri: str
    asked: str
    serving: str
    is_pinned: bool
    is_reconciling: bool
    failure: str
    last_modifier: str
    updated_at: datetime
    instance: str
    warnings: tuple[str, ...]
    revisions: tuple[RevisionStatus, ...]
    unfinished: tuple[str, ...]
    holder: Holder | None
    holder_is_gone: bool
    counted: Counted
    hold: Hold | None = None
    database: DatabaseStatus | None = None
    record_unknown: str = ""


def status_of(world: World, journal: Journal, *, database: DatabaseStatus | None = None) -> Status:
    """Look at everything once; revisions that have a URL are probed side by side.

    `database` is known already, and not asked for again: Cloud SQL counts the calls of a minute.
    """
    asked, left = recent(world), _relays_left(world)
    read = aside(lambda: record_status.read(world, journal))
    facts = observe_beside(world, lambda: read.result().runs)
    asked_database = None if database else database_status.ask(world, facts, journal)
    service, record = facts.service, read.result()
    revisions = _revisions(world, facts)
    requests = known(asked)
    runs = record.runs
    hold = active_hold(runs, service.name)
    unfinished = [
        run.id for run in runs if not run.closed and run.plan.subject.get("service") == service.name
    ]
    return Status(
        observed_at=facts.observed_at,
        cloud_at=facts.observed_at + world.clients.cloud_clock.ahead,
        environment=world.environment.name,
        service=service.name,
        uri=service.uri,
        asked=service.traffic.sentence(),
        serving=service.statuses.sentence(),
        is_pinned=service.traffic.is_pinned,
        is_reconciling=service.is_reconciling,
        failure=service.failure,
        last_modifier=service.last_modifier,
        updated_at=service.updated_at,
        instance=facts.newest_serving.instance if facts.newest_serving else "",
        warnings=(
            *record.warnings,
            *_closed(world, runs, service.name),
            *_on_hold(world, hold),
            *_warnings(world, facts),
            *_leftovers(world, left, record),
        ),
        revisions=tuple(_counted(each, requests.requests) for each in revisions),
        unfinished=tuple(unfinished),
        holder=record.holder,
        holder_is_gone=record.holder_is_gone,
        counted=_worth(requests),
        database=database_status.answered(asked_database) if asked_database else database,
        hold=hold,
        record_unknown=record.unknown,
    )


def _closed(world: World, runs: Sequence[Run], service: str) -> tuple[str, ...]:
    closed = without_database(runs, service)
    return (closed.sentence(environment=world.environment.name),) if closed else ()


def _on_hold(world: World, hold: Hold | None) -> tuple[str, ...]:
    if hold is None:
        return ()
    off = f"hrmsops hold off -e {world.environment.name}"
    held = ", ".join(f"{item.kind} {short(item.name)}" for item in hold.items)
    since = f"{hold.since:%Y-%m-%d %H:%M:%S} UTC"
    return (f"ON HOLD since {since} ({hold.reason}): {held}. Let it go on: {off}",)


def _counted(revision: RevisionStatus, requests: Requests | None) -> RevisionStatus:
    sample = requests.of(revision.name) if requests else None
    if sample is None:
        return revision
    return msgspec.structs.replace(revision, requests=sample.requests, errors=sample.errors)


def _worth(found: Known) -> Counted:
    age = found.requests.age if found.requests else None
    return Counted(
        minutes=int(RECENT.total_seconds() // 60),
        age_seconds=None if age is None else max(int(age.total_seconds()), 0),
        unknown=found.unknown,
    )


def _relays_left(world: World) -> Future[tuple[Relay, ...]]:
    """Every relay of this environment, being asked for; none where none can be."""
    database = world.environment.database
    if database is None or database.via == "direct":
        return aside(lambda: ())
    return aside(lambda: world.ways.relays.all())


def _leftovers(
    world: World, left: Future[tuple[Relay, ...]], record: RecordStatus
) -> tuple[str, ...]:
    """Relays that nobody at work needs; where that is not known there is nothing to say."""
    try:
        relays = left.result(timeout=SECONDS_MAX)
    except (TookTooLong, HrmsopsError):
        return ()
    at_work = record.holder.run if record.holder else ""
    ways = world.ways
    found = []
    for relay in relays:
        is_orphan = ways.is_orphan(relay)
        may_be_at_work = record.unknown or relay.run == at_work
        if ways.is_in_use(relay) or (may_be_at_work and not is_orphan):
            continue
        unless = "" if is_orphan else ", unless a command on another machine uses it"
        made = f"Relay {relay.name} of {relay.created_at:%Y-%m-%d %H:%M} UTC"
        found.append(f"{made} was left behind{unless}: {ways.deletion(relay.name)}")
    return tuple(found)


def _revisions(world: World, facts: ServiceFacts) -> tuple[RevisionStatus, ...]:
    shown = [revision for revision in facts.revisions if not revision.is_deleting]
    with ThreadPoolExecutor(max_workers=8) as pool:
        return tuple(pool.map(lambda revision: _revision(world, facts, revision), shown))


def _revision(world: World, facts: ServiceFacts, revision: Revision) -> RevisionStatus:
    health, findings = _health(world, facts.service, revision)
    return RevisionStatus(
        name=revision.name,
        percent=dict(facts.service.statuses.shares).get(revision.name, 0),
        tags=tuple(tag for tag, name in facts.service.statuses.tags if name == revision.name),
        created_at=revision.created_at,
        creator=revision.creator,
        image=revision.image,
        instance=revision.instance,
        trouble=trouble_of(revision, facts),
        health=health,
        findings=findings,
        left_by_run=facts.left_by(revision.name),
        digest=revision.digest,
    )


def _health(world: World, service: Service, revision: Revision) -> tuple[str, tuple[str, ...]]:
    """Only what has a URL of its own can be probed: a tag, or the service where it serves all."""
    paths, host = world.environment.health.paths, world.environment.health.host
    tag = service.statuses.tag_of(revision.name)
    if service.statuses.shares == ((revision.name, 100),):
        probes = [world.prober.look(service.uri, path) for path in paths]
    elif tag and service.tag_urls.get(tag):
        url = service.tag_urls[tag]
        probes = [world.prober.look(url, path, host=host) for path in paths]
    else:
        return "unprobed", ("it has no URL of its own",)
    return overall(probes), tuple(in_words(probes))


def _warnings(world: World, facts: ServiceFacts) -> tuple[str, ...]:
    service, found = facts.service, []
    if service.failure:
        found.append(f"The last change failed: {service.failure}")
    if service.is_settled and service.traffic.resolved(service.latest_ready).shares != (
        service.statuses.shares
    ):
        found.append("What was asked for is not what is true; the next deploy may fail.")
    if service.traffic.is_pinned:
        unpin = f"hrmsops unpin -e {world.environment.name}"
        found.append(f"PINNED: the next deploy gets no traffic. Give it back: {unpin}")
    bound = facts.newest_serving.instance.rpartition(":")[2] if facts.newest_serving else ""
    configured = world.environment.instance
    if bound and configured and bound != configured:
        found.append(f'It serves from {bound}; set instance = "{bound}" in hrmsops.toml.')
    return tuple(found)
