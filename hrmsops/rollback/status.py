"""What is: the service, its revisions with their health, and what our record says of it."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime

import msgspec

from hrmsops.engine.journal import Journal
from hrmsops.engine.lease import Holder
from hrmsops.gcp.resources import Revision, Service
from hrmsops.rollback.candidates import trouble_of
from hrmsops.rollback.facts import ServiceFacts
from hrmsops.rollback.observing import observe
from hrmsops.steps.cloud_run.health import in_words, overall
from hrmsops.world import World


class RevisionStatus(msgspec.Struct, frozen=True, kw_only=True):
    """One revision: its true share, who deployed it when from what, and how it is.

    `health` is "healthy", "unhealthy" or "unprobed"; `findings` say what was seen. `trouble` is
    why it could not take traffic, "" where it could.
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


class Status(msgspec.Struct, frozen=True, kw_only=True):
    """The whole screen; `serving` is what is true, `asked` what was asked for."""

    observed_at: datetime
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


def status_of(world: World, journal: Journal) -> Status:
    """Look at everything once; revisions that have a URL are probed side by side."""
    facts = observe(world, journal)
    service = facts.service
    unfinished = [
        run.id
        for run in journal.runs()
        if not run.closed and run.plan.subject.get("service") == service.name
    ]
    return Status(
        observed_at=facts.observed_at,
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
        warnings=_warnings(world, facts),
        revisions=_revisions(world, facts),
        unfinished=tuple(unfinished),
        holder=world.lease().holder(),
    )


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
        left_by_run=facts.history.left.get(revision.name, ""),
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
        found.append(f"PINNED: the next deploy gets no traffic. {unpin} gives it back.")
    bound = facts.newest_serving.instance.rpartition(":")[2] if facts.newest_serving else ""
    configured = world.environment.instance
    if bound and configured and bound != configured:
        found.append(f'It serves from {bound}; set instance = "{bound}" in hrmsops.toml.')
    return tuple(found)
