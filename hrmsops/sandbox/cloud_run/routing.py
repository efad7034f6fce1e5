"""Routing: from the traffic that was asked for to URLs that behave so, and to trafficStatuses."""

from __future__ import annotations

from hrmsops.sandbox.cloud_run import iam, revisions, targets, template
from hrmsops.sandbox.cloud_run.cloud import CloudRun
from hrmsops.sandbox.cloud_run.conditions import (
    FAILED,
    SUCCEEDED,
    is_ready,
    of_revision,
    settled,
)
from hrmsops.sandbox.cloud_run.names import host, short
from hrmsops.sandbox.state import Json
from hrmsops.sandbox.workload import NotReady, Workload

# The operation's google.rpc.Code when the image is not there; else FAILED_PRECONDITION.
_NOT_FOUND, _FAILED_PRECONDITION, _INTERNAL = 5, 9, 13


class Unroutable(Exception):
    """What was asked for can't be done; `failure` is `{code, message, reason|revisionReason}`."""

    def __init__(self, failure: Json) -> None:
        super().__init__(failure["message"])
        self.failure = failure


def bring_up(cloud: CloudRun, name: str) -> None:
    """See a revision (its full name) listen and pass its probe; raises Unroutable.

    What was seen is written into the revision's conditions either way.
    """
    revision = revisions.existing(cloud, name)
    failure = _start(cloud, revision)
    with cloud.state.change():
        revision = revisions.existing(cloud, name)
        _write_conditions(cloud, revision, FAILED if failure else SUCCEEDED, failure=failure)
    if failure is not None:
        raise Unroutable(
            {
                **failure,
                "message": f"Revision '{short(name)}' is not ready and cannot serve traffic."
                f" {failure['message']}",
            }
        )


def route(cloud: CloudRun, service: Json) -> list[Json]:
    """Make the URLs do what `traffic` says; answers the new trafficStatuses, or raises Unroutable.

    Every revision that is to serve is warm before the first URL changes.
    """
    wanted = targets.in_force(service)
    for target in wanted:
        _check(cloud, service, target)
    return publish(cloud, service, wanted)


def publish(cloud: CloudRun, service: Json, wanted: list[Json]) -> list[Json]:
    """Make or change the listeners of the service and its tags; answers the trafficStatuses."""
    name, access = short(service["name"]), iam.access(cloud, service)
    of = {
        target_name: _workload(cloud, service, target_name)
        for target_name in _led_to(wanted, service)
    }
    shares = tuple(
        (of[revision], target["percent"])
        for target in wanted
        if target.get("percent") and (revision := targets.revision_of(target, service)) in of
    )
    service["uri"] = cloud.ingress.publish(name, host=host(name), targets=shares, access=access)
    statuses = []
    for target in wanted:
        status = dict(target)
        if tag := target.get("tag"):
            leads_to = of.get(targets.revision_of(target, service))
            status["uri"] = cloud.ingress.publish(
                f"{name}/{tag}",
                host=host(name, tag),
                targets=((leads_to, 100),) if leads_to else (),
                access=access,
            )
        statuses.append(status)
    for tag in _tags(service.get("trafficStatuses", ())) - _tags(statuses):
        cloud.ingress.withdraw(f"{name}/{tag}")
    return statuses


def mark_activity(cloud: CloudRun, service: Json) -> None:
    """Say of each ready revision whether it serves, is a tag's reserve, or is retired."""
    percents: dict[str, int] = {}
    for status in service.get("trafficStatuses", ()):
        name = targets.revision_of(status, service)
        percents[name] = percents.get(name, 0) + status.get("percent", 0)
    for revision in revisions.of_service(cloud, service["name"]):
        if is_ready(revision):
            percent = percents.get(short(revision["name"]))
            activity = "RETIRED" if percent is None else "" if percent else "RESERVE"
            _write_conditions(cloud, revision, SUCCEEDED, activity=activity)


def _led_to(wanted: list[Json], service: Json) -> set[str]:
    return {targets.revision_of(target, service) for target in wanted} - {""}


def _tags(statuses: object) -> set[str]:
    assert isinstance(statuses, (list, tuple))
    return {status["tag"] for status in statuses if "tag" in status}


def _workload(cloud: CloudRun, service: Json, revision: str) -> Workload:
    name = f"{service['name']}/revisions/{revision}"
    return template.revision_workload(revisions.existing(cloud, name))


def _check(cloud: CloudRun, service: Json, target: Json) -> None:
    revision = targets.revision_of(target, service)
    if not revision:
        return
    name = f"{service['name']}/revisions/{revision}"
    document = cloud.state.get("revisions", name)
    if document is None:
        error = targets.gone(revision)
        raise Unroutable({**error.rpc_status(), "reason": "REVISION_FAILED"})
    failure = revisions.failure_of(document)
    # An image can come back; what did not listen will not do so now.
    if failure and not (target.get("percent") and failure.get("reason") == "CONTAINER_MISSING"):
        words = f"Revision '{revision}' is not ready and cannot serve traffic. {failure['message']}"
        raise Unroutable({**_reasons(failure), "code": _FAILED_PRECONDITION, "message": words})
    if target.get("percent"):
        bring_up(cloud, name)


def _start(cloud: CloudRun, revision: Json) -> Json | None:
    container, status = revision["containers"][0], revision["containerStatuses"][0]
    if cloud.runtime.is_running(short(revision["name"])):
        return None
    if cloud.images.resolve(status.get("imageDigest", "")) is None:
        return {
            "code": _NOT_FOUND,
            "message": f"Image '{container['image']}' not found.",
            "reason": "CONTAINER_MISSING",
        }
    try:
        cloud.runtime.ensure_serving(template.revision_workload(revision))
    except NotReady as error:
        return {
            "code": _FAILED_PRECONDITION,
            "message": error.message,
            error.field: error.reason,
        }
    return None


def _reasons(failure: Json) -> Json:
    return {field: failure[field] for field in ("reason", "revisionReason") if field in failure}


def _write_conditions(
    cloud: CloudRun, revision: Json, state: str, *, activity: str = "", failure: Json | None = None
) -> None:
    now = cloud.distance.timestamp()
    made = of_revision(state, at=now, activity=activity, failure=failure)
    conditions = settled(revision["conditions"], made)
    if conditions != revision["conditions"] or revision["reconciling"]:
        changed = {**revision, "conditions": conditions, "reconciling": False}
        cloud.state.put("revisions", revision["name"], changed)
