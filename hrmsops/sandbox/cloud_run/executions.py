"""Executions: jobs that run as processes, each task to its end, with retries and an exit code."""

from __future__ import annotations

from hrmsops.sandbox.api import ApiError, Request, not_found, paged
from hrmsops.sandbox.cloud_run import jobs, operations, tasks, template
from hrmsops.sandbox.cloud_run.cloud import CloudRun
from hrmsops.sandbox.cloud_run.conditions import RECONCILING, SUCCEEDED, condition
from hrmsops.sandbox.cloud_run.names import check_etag, short, stamp, suffix
from hrmsops.sandbox.state import Json


def get(cloud: CloudRun, request: Request) -> Json:
    """executions.get."""
    return _existing(cloud, _name(request))


def list_(cloud: CloudRun, request: Request) -> Json:
    """executions.list: the newest first."""
    job = jobs.existing(cloud, jobs.name_of(request))
    items = cloud.state.under("executions", f"{job['name']}/executions/")
    return paged("executions", items, request)


def run(cloud: CloudRun, request: Request) -> Json:
    """jobs.run: the operation ends when the execution has; `overrides` change this run alone."""
    with cloud.state.change():
        job = jobs.existing(cloud, jobs.name_of(request))
        check_etag(job, request.body.get("etag", ""))
        execution = _make(cloud, job, request.body.get("overrides", {}), account=request.account)
        if request.body.get("validateOnly"):
            return operations.validated("Execution", execution)
        cloud.state.put("executions", execution["name"], execution)
        tasks.point_to(cloud, execution, "EXECUTION_RUNNING", is_new=True)
        operation = operations.begin(
            cloud, kind="jobs.run", about="Execution", resource=execution, tasks={}
        )
    cloud.background.submit(execution["name"], lambda: tasks.start_all(cloud, operation["name"]))
    return operation


def cancel(cloud: CloudRun, request: Request) -> Json:
    """executions.cancel: SIGTERM, then SIGKILL; refused when the execution has ended."""
    with cloud.state.change():
        execution = _existing(cloud, _name(request))
        check_etag(execution, request.body.get("etag", ""))
        if "completionTime" in execution:
            raise ApiError(
                400,
                f"Execution '{short(execution['name'])}' has already completed.",
                status="FAILED_PRECONDITION",
            )
        if request.body.get("validateOnly"):
            return operations.validated("Execution", execution)
        operation = operations.begin(
            cloud, kind="executions.cancel", about="Execution", resource=execution
        )
        cloud.state.put("cancelled", execution["name"], {"by": request.account})
    cloud.background.submit(
        f"cancel {execution['name']}", lambda: tasks.cancel(cloud, operation["name"])
    )
    return operation


def _make(cloud: CloudRun, job: Json, overrides: Json, *, account: str) -> Json:
    spec = tasks.overridden(job["template"], overrides)
    name = f"{short(job['name'])}-{suffix(5)}"
    execution: Json = {
        "name": f"{job['name']}/executions/{name}",
        "job": job["name"],
        "generation": "1",
        "observedGeneration": "1",
        "launchStage": job.get("launchStage", "GA"),
        "parallelism": spec.get("parallelism", 0),
        "taskCount": spec["taskCount"],
        "runningCount": 0,
        "succeededCount": 0,
        "failedCount": 0,
        "cancelledCount": 0,
        "retriedCount": 0,
        "template": spec["template"],
        "reconciling": True,
        "logUri": cloud.logs.as_uri(),
    }
    template.check(execution["template"])
    stamp(cloud, execution, account=account)
    del execution["lastModifier"]
    now = execution["createTime"]
    execution["conditions"] = [
        condition("Completed", RECONCILING, at=now),
        condition("ResourcesAvailable", SUCCEEDED, at=now),
        condition("Started", RECONCILING, at=now),
    ]
    return execution


def _existing(cloud: CloudRun, name: str) -> Json:
    execution = cloud.state.get("executions", name)
    if execution is None:
        raise not_found(name)
    return execution


def _name(request: Request) -> str:
    return f"{jobs.name_of(request)}/executions/{request.names['execution']}"
