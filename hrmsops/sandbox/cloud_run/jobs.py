"""Jobs: what could be run, as it is configured now."""

from __future__ import annotations

from hrmsops.sandbox.api import ApiError, Request, invalid, not_found, paged
from hrmsops.sandbox.cloud_run import operations, template
from hrmsops.sandbox.cloud_run.cloud import CloudRun
from hrmsops.sandbox.cloud_run.conditions import SUCCEEDED, condition
from hrmsops.sandbox.cloud_run.names import (
    check_etag,
    check_new_name,
    check_place,
    job_name,
    short,
    stamp,
)
from hrmsops.sandbox.state import Json

_WRITABLE = (
    "labels",
    "annotations",
    "client",
    "clientVersion",
    "launchStage",
    "binaryAuthorization",
    "template",
)

# Cloud Run's defaults; a migration that must not run again says 0 retries.
RETRIES = 3
TIMEOUT = "600s"


def existing(cloud: CloudRun, name: str) -> Json:
    """A job by its full name, or Google's 404."""
    job = cloud.state.get("jobs", name)
    if job is None:
        raise not_found(name)
    return job


def get(cloud: CloudRun, request: Request) -> Json:
    """jobs.get."""
    return existing(cloud, name_of(request))


def list_(cloud: CloudRun, request: Request) -> Json:
    """jobs.list: the newest first."""
    check_place(request.names["project"], request.names["location"])
    items = cloud.state.under("jobs")
    return paged("jobs", items, request)


def create(cloud: CloudRun, request: Request) -> Json:
    """jobs.create: the name is in `jobId`."""
    check_place(request.names["project"], request.names["location"])
    job = request.query.get("jobId", "")
    check_new_name(job, "job_id")
    with cloud.state.change():
        if cloud.state.get("jobs", job_name(job)) is not None:
            raise ApiError(409, f"Resource '{job}' already exists.", status="ALREADY_EXISTS")
        return _accept(cloud, _blank(job_name(job)), request, kind="jobs.create")


def patch(cloud: CloudRun, request: Request) -> Json:
    """jobs.patch: replaces everything that may be written; `allowMissing` makes the job."""
    name = name_of(request)
    with cloud.state.change():
        job = cloud.state.get("jobs", name)
        if job is None and request.flag("allowMissing"):
            return _accept(cloud, _blank(name), request, kind="jobs.create")
        job = existing(cloud, name)
        check_etag(job, request.body.get("etag", ""))
        return _accept(cloud, job, request, kind="jobs.update")


def delete(cloud: CloudRun, request: Request) -> Json:
    """jobs.delete: takes the executions with it; refused while one is running."""
    with cloud.state.change():
        job = existing(cloud, name_of(request))
        check_etag(job, request.query.get("etag", ""))
        if request.flag("validateOnly"):
            return operations.validated("Job", job)
        executions = cloud.state.under("executions", f"{job['name']}/executions/")
        if any("completionTime" not in execution for execution in executions):
            raise ApiError(
                400,
                f"Job '{short(job['name'])}' has running executions: cancel them first.",
                status="FAILED_PRECONDITION",
            )
        for execution in executions:
            cloud.state.delete("executions", execution["name"])
        cloud.state.delete("jobs", job["name"])
        job["deleteTime"] = cloud.distance.timestamp()
        return _ended(cloud, job, kind="jobs.delete")


def name_of(request: Request) -> str:
    """The full name of the job in a path."""
    check_place(request.names["project"], request.names["location"])
    return job_name(request.names["job"])


def _blank(name: str) -> Json:
    return {"name": name, "generation": "0", "executionCount": 0, "launchStage": "GA"}


def _accept(cloud: CloudRun, base: Json, request: Request, *, kind: str) -> Json:
    wanted = {field: request.body[field] for field in _WRITABLE if field in request.body}
    kept = {key: value for key, value in base.items() if key not in _WRITABLE}
    job = {"launchStage": "GA", **kept, **wanted, "template": _template(wanted)}
    job["generation"] = str(int(job["generation"]) + 1)
    job["observedGeneration"] = job["generation"]
    if request.flag("validateOnly"):
        return operations.validated("Job", job)
    stamp(cloud, job, account=request.account)
    job["reconciling"] = False
    job["terminalCondition"] = condition("Ready", SUCCEEDED, at=job["updateTime"])
    cloud.state.put("jobs", job["name"], job)
    return _ended(cloud, job, kind=kind)


def _ended(cloud: CloudRun, job: Json, *, kind: str) -> Json:
    """An operation on a job has nothing to wait for: it is there, or gone, when it is answered."""
    operation = operations.begin(cloud, kind=kind, about="Job", resource=job)
    work = cloud.state.get("work", operation["name"])
    assert work is not None
    operations.finish(cloud, work, resource=job, error=work["fault"])
    return cloud.state.get("operations", operation["name"]) or operation


def _template(wanted: Json) -> Json:
    """An execution template with Cloud Run's defaults: one task, 3 retries, 600 seconds."""
    outer = wanted.get("template") or {}
    inner = outer.get("template") or {}
    template.check(inner)
    task = {
        "maxRetries": RETRIES,
        "timeout": TIMEOUT,
        "serviceAccount": "hrms-run@nhia-hrms.iam.gserviceaccount.com",
        **inner,
    }
    template.seconds(task["timeout"], field="template.template.timeout")
    count = outer.get("taskCount", 1)
    if not 1 <= count <= 10_000:
        raise invalid(f"Invalid task count: {count}", field_name="template.taskCount")
    return {**outer, "taskCount": count, "template": task}
