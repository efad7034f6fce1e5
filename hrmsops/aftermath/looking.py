"""The items of a checklist that hrmsops can see for itself, looked at now."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from hrmsops.aftermath import items
from hrmsops.aftermath.items import Finding, Item, State
from hrmsops.aftermath.notices import Notices
from hrmsops.aftermath.reports import written
from hrmsops.engine.run import Run
from hrmsops.errors.base import HrmsopsError
from hrmsops.errors.replay import NoReplayToTakeBack, NothingToReplay
from hrmsops.gcp.cloud_sql import rfc3339
from hrmsops.gcp.resources import short
from hrmsops.steps.cloud_run.health import HEALTHY, UNHEALTHY, in_words, overall
from hrmsops.world import World

if TYPE_CHECKING:
    from hrmsops.postgres.session import Target

SAID: dict[str, State] = {HEALTHY: "done", UNHEALTHY: "failed"}


def look(world: World, run: Run, notices: Notices, *, instance: str) -> dict[str, Finding]:
    """What is seen of each item that can be looked at; changes nothing.

    `instance` is the one that serves. A look that fails is a finding, never an error.
    """
    found = (
        _looked(items.HEALTH, lambda: _health(world), world),
        _looked(items.DATABASE, lambda: _database(world, run, instance), world),
        _looked(items.CONSISTENCY, lambda: _consistency(world, run, instance), world),
        _looked(items.REPLAYED, lambda: _replayed(world, run), world),
        _looked(items.HOLD, lambda: _hold(world), world),
        _looked(items.NOTIFIED, lambda: _notified(notices, run), world),
        _looked(items.REPORT, lambda: _report(world, run), world),
    )
    return {finding.item.id: finding for finding in found}


Seen = tuple[State, tuple[str, ...]]


def _looked(item: Item, see: Callable[[], Seen], world: World) -> Finding:
    try:
        state, evidence = see()
    except HrmsopsError as error:
        state, evidence = "failed", (f"{error.what} {error.why}",)
    return Finding(item=item, state=state, evidence=evidence, at=rfc3339(world.clock.now()))


def _health(world: World) -> Seen:
    paths = world.environment.health.paths
    if not paths:
        return "open", ("no health paths are configured",)
    uri = world.cloud_run.service(world.service_name).uri
    probes = [world.prober.look(uri, path, host="") for path in paths]
    return SAID.get(overall(probes), "unknown"), tuple(in_words(probes))


def _database(world: World, run: Run, instance: str) -> Seen:
    from hrmsops.postgres.session import connect

    if world.environment.database is None:
        return "open", ("no [database] is configured",)
    with connect(_target(world, run, instance), read_only=True) as session:
        row = session.execute("SELECT current_setting('server_version')").fetchone()
    return "done", (f"{instance} answers (PostgreSQL {row[0] if row else '?'})",)


def _consistency(world: World, run: Run, instance: str) -> Seen:
    from hrmsops.postgres.checks import answers

    checks = tuple(sorted(world.environment.checks.items()))
    if world.environment.database is None or not checks:
        return "open", ("no [checks] are configured: run the reconciliation reports yourself",)
    found = answers(_target(world, run, instance), checks)
    failed = sorted(name for name, answer in found.items() if not answer)
    if failed:
        return "failed", tuple(f"{name} is not true" for name in failed)
    return "done", (f"{len(found)} of {len(found)} checks are true",)


def _replayed(world: World, run: Run) -> Seen:
    """Only a cutover leaves writes behind; what it kept of them is replayed by a later run."""
    from hrmsops import steps
    from hrmsops.rollback.recovered import applied, recovered

    runs = world.journal(steps.catalog()).runs()
    try:
        recovery = recovered(runs, run.id).run
    except NothingToReplay:
        return "done", ("no cutover of this run left writes behind",)
    try:
        step = applied(runs, recovery)
    except NoReplayToTakeBack:
        return "open", (f"what differs is kept: hrmsops replay {recovery}",)
    if step.conflicts:
        words = f"{step.changes_due} changes are brought over; {step.conflicts} conflicts are yours"
        return "open", (words, f"hrmsops replay {recovery} --show")
    return "done", (f"{step.changes_due} changes are brought over",)


def _hold(world: World) -> Seen:
    from hrmsops import steps
    from hrmsops.steps.hold.held import active_hold

    hold = active_hold(world.journal(steps.catalog()).runs(), world.service_name)
    if hold is None:
        return "done", ("nothing is on hold",)
    since = f"on hold since {hold.since:%Y-%m-%d %H:%M:%S} UTC"
    return "open", (since, *(f"{item.kind} {short(item.name)}" for item in hold.items))


def _notified(notices: Notices, run: Run) -> Seen:
    if not notices.webhooks:
        return "open", ("no [notify] webhooks are configured: tell them yourself",)
    found = notices.of(run.id)
    waiting = [notice for notice in found if not notice.is_delivered]
    if waiting:
        trouble = waiting[0].trouble or "not sent yet"
        return "open", (f"{len(waiting)} of {len(found)} notices wait: {trouble}",)
    if not found:
        return "open", ("no notice of this run was sent",)
    return "done", (f"{len(found)} notices were taken",)


def _report(world: World, run: Run) -> Seen:
    where = written(world.store, run.id)
    return ("done", (where,)) if where else ("open", (f"hrmsops report {run.id}",))


def _target(world: World, run: Run, instance: str) -> Target:
    found = world.cloud_sql.instance(instance)
    return world.target(found, application_name=f"hrmsops {run.id}")
