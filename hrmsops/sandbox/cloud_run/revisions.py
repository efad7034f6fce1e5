"""Revisions: made from a template, never changed, kept until they are deleted."""

from __future__ import annotations

from hrmsops.sandbox.api import ApiError, Request, not_found, paged
from hrmsops.sandbox.cloud_run import operations, targets, template
from hrmsops.sandbox.cloud_run.cloud import CloudRun
from hrmsops.sandbox.cloud_run.conditions import PENDING, find, of_revision
from hrmsops.sandbox.cloud_run.names import check_etag, check_place, service_name, short, stamp
from hrmsops.sandbox.state import Json

REVISIONS_MAX = 1000


def make(cloud: CloudRun, service: Json, name: str, *, account: str) -> Json:
    """Keep a new revision of `service` from its template; not ready until it was seen to come up.

    The image's tag is resolved here: what the tag means later does not change the revision. A
    service keeps 1,000 revisions: the oldest that nothing names makes room.
    """
    full = f"{service['name']}/revisions/{name}"
    image = template.image_of(service["template"])
    status = {"imageDigest": digest} if (digest := template.pinned_image(cloud, image)) else {}
    revision: Json = {
        "name": full,
        "service": service["name"],
        "generation": "1",
        "observedGeneration": "1",
        "launchStage": service.get("launchStage", "GA"),
        "logUri": (cloud.logs / f"{name}.log").as_uri(),
        "reconciling": True,
        **template.carried(service["template"]),
        "containerStatuses": [status],
    }
    stamp(cloud, revision, account=account)
    del revision["lastModifier"]
    revision["conditions"] = of_revision(PENDING, at=revision["createTime"], activity="")
    _make_room(cloud, service)
    cloud.state.put("revisions", full, revision)
    return revision


def of_service(cloud: CloudRun, service: str) -> list[Json]:
    """The revisions of a service (its full name), the newest first."""
    return cloud.state.under("revisions", f"{service}/revisions/")


def get(cloud: CloudRun, request: Request) -> Json:
    """revisions.get."""
    return existing(cloud, _name(request))


def existing(cloud: CloudRun, name: str) -> Json:
    """A revision by its full name, or Google's 404."""
    revision = cloud.state.get("revisions", name)
    if revision is None:
        raise not_found(name)
    return revision


def list_(cloud: CloudRun, request: Request) -> Json:
    """revisions.list: the newest first; of every service when the service is `-`."""
    check_place(request.names["project"], request.names["location"])
    service = request.names["service"]
    name = service_name(service)
    if service != "-" and cloud.state.get("services", name) is None:
        raise not_found(name)
    items = cloud.state.under("revisions") if service == "-" else of_service(cloud, name)
    return paged("revisions", items, request)


def delete(cloud: CloudRun, request: Request) -> Json:
    """revisions.delete: refused with FAILED_PRECONDITION while something still names it."""
    with cloud.state.change():
        revision = existing(cloud, _name(request))
        check_etag(revision, request.query.get("etag", ""))
        service = cloud.state.get("services", revision["service"])
        assert service is not None
        if short(revision["name"]) in named(service):
            raise ApiError(
                400,
                f"Revision '{short(revision['name'])}' can't be deleted: it is able to receive"
                " traffic, or it is the latest one of its service.",
                status="FAILED_PRECONDITION",
            )
        if request.flag("validateOnly"):
            return operations.validated("Revision", revision)
        revision["deleteTime"] = cloud.distance.timestamp()
        operation = operations.begin(
            cloud, kind="revisions.delete", about="Revision", resource=revision, final=revision
        )
    cloud.background.submit(
        revision["service"], lambda: remove(cloud, _work(cloud, operation["name"]))
    )
    return operation


def remove(cloud: CloudRun, work: Json) -> None:
    """The work of a deletion: the process first, then the document."""
    if work["fault"] is None:
        cloud.runtime.stop(short(work["resource"]))
        cloud.state.delete("revisions", work["resource"])
    operations.finish(cloud, work, resource=work["final"], error=work["fault"])


def named(service: Json) -> set[str]:
    """Short names of the revisions that a service's traffic, tags or latest pointers name."""
    pointers = (service.get("latestCreatedRevision", ""), service.get("latestReadyRevision", ""))
    wanted = [*targets.in_force(service), *service.get("trafficStatuses", ())]
    return {*map(short, pointers), *(targets.revision_of(target, service) for target in wanted)} - {
        ""
    }


def failure_of(revision: Json) -> Json | None:
    """Why a revision is not ready: its failed Ready condition, or None."""
    ready = find(revision["conditions"], "Ready")
    return ready if ready["state"] == "CONDITION_FAILED" else None


def _make_room(cloud: CloudRun, service: Json) -> None:
    if cloud.state.count("revisions", f"{service['name']}/revisions/") < REVISIONS_MAX:
        return
    kept = named(service)
    for revision in reversed(of_service(cloud, service["name"])):
        if short(revision["name"]) not in kept:
            cloud.state.delete("revisions", revision["name"])
            return


def _name(request: Request) -> str:
    check_place(request.names["project"], request.names["location"])
    service = service_name(request.names["service"])
    return f"{service}/revisions/{request.names['revision']}"


def _work(cloud: CloudRun, operation: str) -> Json:
    work = cloud.state.get("work", operation)
    assert work is not None
    return work
