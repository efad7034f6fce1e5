"""Reconciling a service: from what was accepted to what is true, in the background."""

from __future__ import annotations

import time
import traceback

from hrmsops.sandbox.cloud_run import operations, routing, targets
from hrmsops.sandbox.cloud_run.cloud import CloudRun
from hrmsops.sandbox.cloud_run.conditions import (
    FAILED,
    RECONCILING,
    SUCCEEDED,
    condition,
    find,
    reasons_of,
    settled,
)
from hrmsops.sandbox.cloud_run.names import short
from hrmsops.sandbox.state import Json

_TYPES = ("RoutesReady", "ConfigurationsReady")


def pending(cloud: CloudRun, service: Json) -> None:
    """Write into a service that it is being acted upon; in place, before the call is answered."""
    now = cloud.distance.timestamp()
    service["reconciling"] = True
    service["terminalCondition"] = condition("Ready", RECONCILING, at=now)
    made = [condition(kind, RECONCILING, at=now) for kind in _TYPES]
    service["conditions"] = settled(service.get("conditions", ()), made)


def begin(cloud: CloudRun, operation: Json) -> None:
    """Reconcile for an operation that was accepted, after whatever its service does already."""
    work = cloud.state.get("work", operation["name"])
    assert work is not None
    cloud.background.submit(work["resource"], lambda: reconcile(cloud, work))


def reconcile(cloud: CloudRun, work: Json) -> None:
    """Bring up the revision that was made, then route; end the operation with what came of it.

    May be begun again after a SIGKILL: every part of it looks at what is there first.
    """
    failure, changes = None, {}
    try:
        changes = _act(cloud, work)
    except routing.Unroutable as unroutable:
        failure = unroutable.failure
    except Exception as problem:
        # Without this an operation would stay unfinished for ever; the log has the rest.
        traceback.print_exc()
        failure = {"code": 13, "message": f"Internal error: {problem}", "reason": "INTERNAL"}
    service = _settle(cloud, work, failure, changes)
    error = None if failure is None else {key: failure[key] for key in ("code", "message")}
    operations.finish(cloud, work, resource=service, error=error)


def _act(cloud: CloudRun, work: Json) -> Json:
    time.sleep(work["stall_seconds"] or 0)
    if work["fault"] is not None:
        raise routing.Unroutable({**work["fault"], "reason": "INTERNAL"})
    if revision := work["revision"]:
        routing.bring_up(cloud, revision)
        _became_ready(cloud, work["resource"], revision)
    service = _service(cloud, work["resource"])
    statuses = routing.route(cloud, service)
    if revision and short(revision) not in _routed(statuses, service):
        cloud.ingress.release(short(revision))
    return {"trafficStatuses": statuses, "uri": service["uri"], "urls": [service["uri"]]}


def _became_ready(cloud: CloudRun, name: str, revision: str) -> None:
    with cloud.state.change():
        service = {**_service(cloud, name), "latestReadyRevision": revision}
        cloud.state.put("services", name, service)


def _settle(cloud: CloudRun, work: Json, failure: Json | None, changes: Json) -> Json:
    with cloud.state.change():
        service = {**_service(cloud, work["resource"]), **changes}
        if failure is None:
            service["observedGeneration"] = work["generation"]
            routing.mark_activity(cloud, service)
        if service["generation"] == work["generation"]:
            _conclude(cloud, service, work, failure)
        cloud.state.put("services", service["name"], service)
    return service


def _conclude(cloud: CloudRun, service: Json, work: Json, failure: Json | None) -> None:
    now = cloud.distance.timestamp()
    failure = failure or _unready_latest(cloud, service)
    service["reconciling"] = False
    bad = None if failure is None else "ConfigurationsReady" if work["revision"] else "RoutesReady"
    made = [_told(kind, failure if kind == bad else None, at=now) for kind in ("Ready", *_TYPES)]
    if failure is not None:
        made[0] = _told("Ready", failure, at=now)
    before = [service["terminalCondition"], *service["conditions"]]
    service["terminalCondition"], *service["conditions"] = settled(before, made)


def _unready_latest(cloud: CloudRun, service: Json) -> Json | None:
    """A service that follows its latest revision stays not ready while that one has failed."""
    latest = service["latestCreatedRevision"]
    if targets.is_pinned(service) or latest == service.get("latestReadyRevision"):
        return None
    revision = cloud.state.get("revisions", latest)
    ready = find(revision["conditions"], "Ready") if revision else {}
    if ready.get("state") != FAILED:
        return None
    words = f"Revision '{short(latest)}' is not ready and cannot serve traffic. {ready['message']}"
    return {**ready, "message": words}


def _told(kind: str, failure: Json | None, *, at: str) -> Json:
    if failure is None:
        return condition(kind, SUCCEEDED, at=at)
    return condition(kind, FAILED, at=at, message=failure["message"], reasons=reasons_of(failure))


def _routed(statuses: list[Json], service: Json) -> set[str]:
    return {targets.revision_of(status, service) for status in statuses}


def _service(cloud: CloudRun, name: str) -> Json:
    service = cloud.state.get("services", name)
    assert service is not None, name
    return service
