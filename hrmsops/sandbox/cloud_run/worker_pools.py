"""Worker pools: code that runs without being asked, a number of instances of one revision."""

from __future__ import annotations

from hrmsops.sandbox.api import ApiError, Request, invalid, not_found, paged
from hrmsops.sandbox.cloud_run import masks, operations, template, worker_revisions, workers
from hrmsops.sandbox.cloud_run.cloud import CloudRun
from hrmsops.sandbox.cloud_run.conditions import RECONCILING, condition, settled
from hrmsops.sandbox.cloud_run.names import (
    check_etag,
    check_new_name,
    check_place,
    pool_name,
    short,
    stamp,
)
from hrmsops.sandbox.state import Json

WRITABLE = (
    "description",
    "labels",
    "annotations",
    "client",
    "clientVersion",
    "launchStage",
    "binaryAuthorization",
    "template",
    "instanceSplits",
    "scaling",
)
_LATEST = "INSTANCE_SPLIT_ALLOCATION_TYPE_LATEST"
_REVISION = "INSTANCE_SPLIT_ALLOCATION_TYPE_REVISION"
_INSTANCES = 1


def existing(cloud: CloudRun, name: str) -> Json:
    """A worker pool by its full name, or Google's 404."""
    pool = cloud.state.get("worker_pools", name)
    if pool is None:
        raise not_found(name)
    return pool


def get(cloud: CloudRun, request: Request) -> Json:
    """workerPools.get."""
    return existing(cloud, name_of(request))


def list_(cloud: CloudRun, request: Request) -> Json:
    """workerPools.list: the newest first."""
    check_place(request.names["project"], request.names["location"])
    return paged("workerPools", cloud.state.under("worker_pools"), request)


def create(cloud: CloudRun, request: Request) -> Json:
    """workerPools.create: the name is in `workerPoolId`."""
    check_place(request.names["project"], request.names["location"])
    pool = request.query.get("workerPoolId", "")
    check_new_name(pool, "worker_pool_id")
    name = pool_name(pool)
    with cloud.state.change():
        if cloud.state.get("worker_pools", name) is not None:
            raise ApiError(409, f"Resource '{pool}' already exists.", status="ALREADY_EXISTS")
        operation = _accept(cloud, _blank(name), _wish(request), request, kind="create")
    return _begun(cloud, operation, request)


def patch(cloud: CloudRun, request: Request) -> Json:
    """workerPools.patch: `updateMask`, the body's `etag`, `allowMissing`, `validateOnly`."""
    name = name_of(request)
    with cloud.state.change():
        before = cloud.state.get("worker_pools", name)
        if before is None and request.flag("allowMissing"):
            operation = _accept(cloud, _blank(name), _wish(request), request, kind="create")
        else:
            before = existing(cloud, name)
            check_etag(before, request.body.get("etag", ""))
            mask = request.query.get("updateMask", "")
            wanted = masks.merged(before, request.body, mask=mask, writable=WRITABLE)
            operation = _accept(cloud, before, wanted, request, kind="update")
    return _begun(cloud, operation, request)


def delete(cloud: CloudRun, request: Request) -> Json:
    """workerPools.delete: the processes go in the background, then the documents."""
    with cloud.state.change():
        pool = existing(cloud, name_of(request))
        check_etag(pool, request.query.get("etag", ""))
        if request.flag("validateOnly"):
            return operations.validated("WorkerPool", pool)
        pool["deleteTime"] = cloud.distance.timestamp()
        cloud.state.put("worker_pools", pool["name"], pool)
        operation = operations.begin(
            cloud, kind="workerPools.delete", about="WorkerPool", resource=pool, final=pool
        )
    return _begun(cloud, operation, request)


def name_of(request: Request) -> str:
    """The full name of the worker pool in a path."""
    check_place(request.names["project"], request.names["location"])
    return pool_name(request.names["pool"])


def _blank(name: str) -> Json:
    return {"name": name, "generation": "0", "launchStage": "GA"}


def _wish(request: Request) -> Json:
    return {field: request.body[field] for field in WRITABLE if field in request.body}


def _accept(cloud: CloudRun, base: Json, wanted: Json, request: Request, *, kind: str) -> Json:
    kept = {key: value for key, value in base.items() if key not in WRITABLE}
    pool: Json = {"launchStage": "GA", **kept, **wanted}
    pool["template"] = _completed(wanted.get("template") or {})
    pool["scaling"] = {"manualInstanceCount": _count(wanted.get("scaling") or {})}
    pool["instanceSplits"] = _splits(wanted.get("instanceSplits") or [])
    pool["generation"] = str(int(pool["generation"]) + 1)
    if request.flag("validateOnly"):
        return operations.validated("WorkerPool", pool)
    stamp(cloud, pool, account=request.account)
    is_new = pool["template"] != base.get("template")
    revision = worker_revisions.make(cloud, pool, account=request.account) if is_new else ""
    if revision:
        pool["latestCreatedRevision"] = revision
    _pending(cloud, pool)
    cloud.state.put("worker_pools", pool["name"], pool)
    return operations.begin(
        cloud,
        kind=f"workerPools.{kind}",
        about="WorkerPool",
        resource=pool,
        revision=revision,
        generation=pool["generation"],
    )


def _begun(cloud: CloudRun, operation: Json, request: Request) -> Json:
    if not request.flag("validateOnly"):
        workers.begin(cloud, operation)
    return operation


def _pending(cloud: CloudRun, pool: Json) -> None:
    now = cloud.distance.timestamp()
    pool["reconciling"] = True
    pool["terminalCondition"] = condition("Ready", RECONCILING, at=now)
    made = [condition("WorkerPoolReady", RECONCILING, at=now)]
    pool["conditions"] = settled(pool.get("conditions", ()), made)


def _completed(given: Json) -> Json:
    """The template with Cloud Run's defaults; a revision's name that was chosen is refused."""
    template.check(given)
    if given.get("revision"):
        raise invalid("The sandbox names revisions itself.", field_name="template.revision")
    container = dict(given["containers"][0])
    container.setdefault("resources", {"limits": {"cpu": "1000m", "memory": "512Mi"}})
    account = "hrms-run@nhia-hrms.iam.gserviceaccount.com"
    return {"serviceAccount": account, **given, "containers": [container]}


def _count(scaling: Json) -> int:
    count = scaling.get("manualInstanceCount", _INSTANCES)
    if not isinstance(count, int) or not 0 <= count <= 100:
        field = "scaling.manualInstanceCount"
        raise invalid(f"Invalid manual instance count: {count}", field_name=field)
    return count


def _splits(given: list[Json]) -> list[Json]:
    """Unlike Cloud Run: every instance is of one revision, the latest or a named one."""
    if not given:
        return [{"type": _LATEST, "percent": 100}]
    if len(given) > 1 or given[0].get("percent") != 100:
        raise invalid("The sandbox runs one revision a pool.", field_name="instanceSplits")
    if revision := given[0].get("revision"):
        return [{"type": _REVISION, "revision": short(revision), "percent": 100}]
    return [{"type": _LATEST, "percent": 100}]
