"""Services: accepted or refused at once, then reconciled in the background."""

from __future__ import annotations

from hrmsops.sandbox.api import ApiError, invalid, not_found
from hrmsops.sandbox.cloud_run import operations, reconcile, revisions, targets, template
from hrmsops.sandbox.cloud_run.cloud import CloudRun
from hrmsops.sandbox.cloud_run.names import (
    check_revision_name,
    next_revision,
    short,
    stamp,
)
from hrmsops.sandbox.state import Json

# What a caller may write; all else in a service is Cloud Run's (GoogleCloudRunV2Service).
WRITABLE = (
    "description",
    "labels",
    "annotations",
    "client",
    "clientVersion",
    "ingress",
    "launchStage",
    "binaryAuthorization",
    "template",
    "traffic",
    "scaling",
    "invokerIamDisabled",
    "defaultUriDisabled",
    "customAudiences",
)


def existing(cloud: CloudRun, name: str) -> Json:
    """A service by its full name, or Google's 404."""
    service = cloud.state.get("services", name)
    if service is None:
        raise not_found(name)
    return service


def wish(body: Json) -> Json:
    """The writable part of a service as a caller sent it."""
    return {field: body[field] for field in WRITABLE if field in body}


def create(cloud: CloudRun, name: str, wanted: Json, *, account: str, dry: bool) -> Json:
    """Accept a new service; 409 ALREADY_EXISTS when there is one of that name."""
    if cloud.state.get("services", name) is not None:
        raise ApiError(409, f"Resource '{short(name)}' already exists.", status="ALREADY_EXISTS")
    blank: Json = {
        "name": name,
        "generation": "0",
        "ingress": "INGRESS_TRAFFIC_ALL",
        "launchStage": "GA",
    }
    return _accept(cloud, blank, wanted, account=account, dry=dry, kind="services.create")


def update(
    cloud: CloudRun, before: Json, wanted: Json, *, account: str, dry: bool, may_reuse_name: bool
) -> Json:
    """Accept a change: `wanted` is the whole writable part as it shall be.

    A revision is made when the template differs. A template that names a revision which exists is
    409, unless it is that very revision's and `may_reuse_name` (as over the v1 API).
    """
    is_new = _is_changed(before, wanted, may_reuse_name=may_reuse_name)
    is_traffic = wanted.get("traffic", []) != before.get("traffic", [])
    kind = "services.traffic" if is_traffic and not is_new else "services.update"
    kept = {key: value for key, value in before.items() if key not in WRITABLE}
    if not is_new:
        wanted = {**wanted, "template": before["template"]}
    return _accept(cloud, kept, wanted, account=account, dry=dry, kind=kind, is_new=is_new)


def delete(cloud: CloudRun, service: Json, *, dry: bool) -> Json:
    """Accept a deletion: URLs and processes go in the background, then the documents."""
    if dry:
        return operations.validated("Service", service)
    service = {**service, "deleteTime": cloud.distance.timestamp(), "reconciling": True}
    operation = operations.begin(
        cloud, kind="services.delete", about="Service", resource=service, final=service
    )
    cloud.state.put("services", service["name"], service)
    return operation


def remove(cloud: CloudRun, work: Json) -> None:
    """The work of a deletion; may be begun again."""
    if work["fault"] is None:
        name = work["resource"]
        for status in work["final"].get("trafficStatuses", ()):
            if "tag" in status:
                cloud.ingress.withdraw(f"{short(name)}/{status['tag']}")
        cloud.ingress.withdraw(short(name))
        for revision in revisions.of_service(cloud, name):
            cloud.runtime.stop(short(revision["name"]))
            cloud.state.delete("revisions", revision["name"])
        cloud.state.delete("policies", name)
        cloud.state.delete("services", name)
    operations.finish(cloud, work, resource=work["final"], error=work["fault"])


def _is_changed(before: Json, wanted: Json, *, may_reuse_name: bool) -> bool:
    if "template" not in wanted:
        return False
    template.check(wanted["template"])
    same = template.completed(wanted["template"]) == before["template"]
    chosen = wanted["template"].get("revision", "")
    if same and chosen and not may_reuse_name:
        raise _name_is_taken(chosen)
    return not same


def _accept(
    cloud: CloudRun,
    base: Json,
    wanted: Json,
    *,
    account: str,
    dry: bool,
    kind: str,
    is_new: bool = True,
) -> Json:
    if not wanted.get("template"):
        raise invalid("template: Required field not present.", field_name="template")
    template.check(wanted["template"])
    service = {**base, **wanted, "template": template.completed(wanted["template"])}
    service["traffic"] = targets.asked(service.get("traffic", ()))
    if is_new:
        _check_chosen(cloud, service)
    service["generation"] = str(int(service["generation"]) + 1)
    if dry:
        return operations.validated("Service", {**service, "reconciling": False})
    with cloud.state.change():
        stamp(cloud, service, account=account)
        revision = _new_revision(cloud, service, account=account) if is_new else ""
        reconcile.pending(cloud, service)
        cloud.state.put("services", service["name"], service)
        return operations.begin(
            cloud,
            kind=kind,
            about="Service",
            resource=service,
            revision=revision,
            generation=service["generation"],
        )


def _new_revision(cloud: CloudRun, service: Json, *, account: str) -> str:
    name = service["template"].get("revision") or next_revision(cloud, short(service["name"]))
    revision = revisions.make(cloud, service, name, account=account)
    service["latestCreatedRevision"] = revision["name"]
    return str(revision["name"])


def _check_chosen(cloud: CloudRun, service: Json) -> None:
    chosen = service["template"].get("revision", "")
    if not chosen:
        return
    check_revision_name(short(service["name"]), chosen)
    if cloud.state.get("revisions", f"{service['name']}/revisions/{chosen}") is not None:
        raise _name_is_taken(chosen)


def _name_is_taken(revision: str) -> ApiError:
    return ApiError(
        409,
        f"Revision named '{revision}' with different configuration already exists.",
        status="ALREADY_EXISTS",
    )
