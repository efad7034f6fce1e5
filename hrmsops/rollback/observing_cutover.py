"""The one place where facts about a cutover are read."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from hrmsops.errors.base import ExitCode, HrmsopsError
from hrmsops.errors.cloud_sql import InstanceMissing
from hrmsops.gcp.bindings import secret_bindings
from hrmsops.gcp.resources import short
from hrmsops.rollback.cutover_facts import CutoverFacts, SecretAddress
from hrmsops.rollback.facts import ServiceFacts
from hrmsops.rollback.observing_requests import with_requests_around
from hrmsops.rollback.serving_at import ServedAt, served_at
from hrmsops.steps.cloud_sql.prepare_instance import SUPERSEDED
from hrmsops.world import World


def observe_cutover(
    world: World,
    facts: ServiceFacts,
    *,
    source: str,
    clone: str,
    at: datetime,
    revision: str | None,
) -> CutoverFacts:
    """Look once at what is led elsewhere, and whether the old database can be reached.

    `clone` need not be there yet. Raises what `served_at` raises, ResourceMissing for a job or
    worker pool of the configuration that is not there, and PasswordMissing.
    """
    served = served_at(facts, at, wanted=revision)
    if served.is_inferred:
        facts = with_requests_around(world, facts, at)
        served = served_at(facts, at, wanted=revision)
    database = world.environment.database
    jobs = _named(world, "jobs", world.environment.jobs)
    pools = _named(world, "workerPools", world.environment.worker_pools)
    return CutoverFacts(
        service=facts,
        source=source,
        clone=clone,
        at=at,
        served=served,
        trouble=trouble_with(world, source),
        roles=database.app_roles if database else (),
        jobs=jobs,
        worker_pools=pools,
        has_served=_has_served(world, clone),
        secrets=tuple(_secrets(world, facts, served, jobs, pools)),
    )


def _named(world: World, kind: str, names: tuple[str, ...]) -> tuple[str, ...]:
    environment = world.environment
    parent = f"projects/{environment.project}/locations/{environment.region}"
    return tuple(f"{parent}/{kind}/{name}" for name in names)


def trouble_with(world: World, instance: str) -> str:
    """Why the fence could not be put up; a missing password is raised, as it can be mended."""
    from hrmsops.postgres.session import connect

    try:
        seen = world.cloud_sql.instance(instance)
        connect(world.admin_target(seen, application_name="hrmsops"), read_only=True).close()
    except HrmsopsError as error:
        if error.exit_code in (ExitCode.USAGE, ExitCode.UNAUTHORISED):
            raise
        return f"{error.what} {error.why}"
    return ""


def _has_served(world: World, clone: str) -> bool:
    """A cutback writes on the instance that it leaves that another serves instead of it."""
    try:
        return SUPERSEDED in world.cloud_sql.instance(clone).labels
    except InstanceMissing:
        return False


def _secrets(
    world: World,
    facts: ServiceFacts,
    served: ServedAt,
    jobs: tuple[str, ...],
    pools: tuple[str, ...],
) -> Iterator[SecretAddress]:
    documents, revision = world.run_documents, served.revision.name
    template = documents.template(f"{facts.service.name}/revisions/{revision}")
    yield from _of(template, revision)
    for job in jobs:
        yield from _of(documents.job(job).get("template", {}).get("template", {}), short(job))
    for pool in pools:
        yield from _of(documents.worker_pool(pool).get("template", {}), short(pool))


def _of(template: dict[str, Any], holder: str) -> Iterator[SecretAddress]:
    for each in secret_bindings(template):
        pinned = "pinned to the old database" if each.is_pinned else "not pinned"
        words = f"{each.variable} of {holder} is {each.secret}:{each.version}, {pinned}"
        yield SecretAddress(holder=holder, sentence=words, secret=each.secret)
