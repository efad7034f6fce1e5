"""Cloud Run Admin API v2: the list of what is emulated, and the handlers of services."""

from __future__ import annotations

from hrmsops.sandbox.api import Request, Route, paged
from hrmsops.sandbox.cloud_run import (
    executions,
    iam,
    jobs,
    masks,
    operations,
    reconcile,
    revisions,
    services,
    worker_pools,
    worker_revisions,
)
from hrmsops.sandbox.cloud_run.cloud import CloudRun
from hrmsops.sandbox.cloud_run.names import check_etag, check_new_name, check_place, service_name
from hrmsops.sandbox.state import Json


def list_services(cloud: CloudRun, request: Request) -> Json:
    """services.list: the newest first."""
    check_place(request.names["project"], request.names["location"])
    items = cloud.state.under("services")
    return paged("services", items, request)


def get_service(cloud: CloudRun, request: Request) -> Json:
    """services.get."""
    return services.existing(cloud, _name(request))


def create_service(cloud: CloudRun, request: Request) -> Json:
    """services.create: the name is in `serviceId`."""
    check_place(request.names["project"], request.names["location"])
    service = request.query.get("serviceId", "")
    check_new_name(service, "service_id")
    dry = request.flag("validateOnly")
    with cloud.state.change():
        operation = services.create(
            cloud,
            service_name(service),
            services.wish(request.body),
            account=request.account,
            dry=dry,
        )
        if not dry:
            iam.close(cloud, service_name(service))
    return _begun(cloud, operation, dry=dry)


def patch_service(cloud: CloudRun, request: Request) -> Json:
    """services.patch: `updateMask`, the body's `etag`, `validateOnly`, `allowMissing`."""
    name, dry = _name(request), request.flag("validateOnly")
    with cloud.state.change():
        before = cloud.state.get("services", name)
        if before is None and request.flag("allowMissing"):
            wanted = services.wish(request.body)
            operation = services.create(cloud, name, wanted, account=request.account, dry=dry)
        else:
            before = services.existing(cloud, name)
            check_etag(before, request.body.get("etag", ""))
            mask = request.query.get("updateMask", "")
            wanted = masks.merged(before, request.body, mask=mask, writable=services.WRITABLE)
            operation = services.update(
                cloud,
                before,
                wanted,
                account=request.account,
                dry=dry,
                may_reuse_name=not _speaks_of_template(mask),
            )
    return _begun(cloud, operation, dry=dry)


def delete_service(cloud: CloudRun, request: Request) -> Json:
    """services.delete."""
    name, dry = _name(request), request.flag("validateOnly")
    with cloud.state.change():
        service = services.existing(cloud, name)
        check_etag(service, request.query.get("etag", ""))
        operation = services.delete(cloud, service, dry=dry)
    if not dry:
        work = cloud.state.get("work", operation["name"])
        assert work is not None
        cloud.background.submit(name, lambda: services.remove(cloud, work))
    return operation


def _begun(cloud: CloudRun, operation: Json, *, dry: bool) -> Json:
    if not dry:
        reconcile.begin(cloud, operation)
    return operation


def _speaks_of_template(mask: str) -> bool:
    return mask in ("", "*") or any(path.startswith("template") for path in mask.split(","))


def _name(request: Request) -> str:
    check_place(request.names["project"], request.names["location"])
    return service_name(request.names["service"])


_AT = "/v2/projects/{project}/locations/{location}"
_SERVICE = _AT + "/services/{service}"
_JOB = _AT + "/jobs/{job}"
_POOL = _AT + "/workerPools/{pool}"

ROUTES: tuple[Route[CloudRun], ...] = (
    Route("GET", _AT + "/services", list_services),
    Route("POST", _AT + "/services", create_service),
    Route("GET", _SERVICE, get_service),
    Route("PATCH", _SERVICE, patch_service),
    Route("DELETE", _SERVICE, delete_service),
    Route("GET", _SERVICE + "/revisions", revisions.list_),
    Route("GET", _SERVICE + "/revisions/{revision}", revisions.get),
    Route("DELETE", _SERVICE + "/revisions/{revision}", revisions.delete),
    Route("GET", _SERVICE + ":getIamPolicy", iam.get),
    Route("POST", _SERVICE + ":setIamPolicy", iam.set_),
    Route("POST", _SERVICE + ":testIamPermissions", iam.test),
    Route("GET", _JOB + ":getIamPolicy", iam.get),
    Route("POST", _JOB + ":testIamPermissions", iam.test),
    Route("GET", _AT + "/jobs", jobs.list_),
    Route("POST", _AT + "/jobs", jobs.create),
    Route("GET", _JOB, jobs.get),
    Route("PATCH", _JOB, jobs.patch),
    Route("DELETE", _JOB, jobs.delete),
    Route("POST", _JOB + ":run", executions.run),
    Route("GET", _JOB + "/executions", executions.list_),
    Route("GET", _JOB + "/executions/{execution}", executions.get),
    Route("POST", _JOB + "/executions/{execution}:cancel", executions.cancel),
    Route("GET", _AT + "/workerPools", worker_pools.list_),
    Route("POST", _AT + "/workerPools", worker_pools.create),
    Route("GET", _POOL, worker_pools.get),
    Route("PATCH", _POOL, worker_pools.patch),
    Route("DELETE", _POOL, worker_pools.delete),
    Route("GET", _POOL + "/revisions", worker_revisions.list_),
    Route("GET", _POOL + "/revisions/{revision}", worker_revisions.get),
    Route("GET", _AT + "/operations", operations.list_),
    Route("GET", _AT + "/operations/{operation}", operations.get),
    Route("POST", _AT + "/operations/{operation}:wait", operations.wait),
    Route("DELETE", _AT + "/operations/{operation}", operations.delete),
)
