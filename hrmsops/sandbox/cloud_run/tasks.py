"""Tasks of an execution: started, tried again, cancelled, counted."""

from __future__ import annotations

from hrmsops.sandbox.api import invalid
from hrmsops.sandbox.cloud_run import operations, template
from hrmsops.sandbox.cloud_run.cloud import CloudRun
from hrmsops.sandbox.cloud_run.conditions import FAILED, SUCCEEDED, condition, settled
from hrmsops.sandbox.cloud_run.names import short
from hrmsops.sandbox.state import Json
from hrmsops.sandbox.tasks import CANCELLED, TIMED_OUT
from hrmsops.sandbox.workload import NotReady

_NON_ZERO = {"executionReason": "NON_ZERO_EXIT_CODE"}
_COMMAND_NOT_FOUND = 127
_CANCELLED = {"executionReason": "CANCELLED"}


def overridden(given: Json, overrides: Json) -> Json:
    """The execution's template: the job's, with what this run alone wants otherwise.

    `args` replace the container's, `clearArgs` drops them, `env` is laid over, `taskCount` and
    `timeout` replace (GoogleCloudRunV2Overrides).
    """
    spec: Json = {**given, "template": dict(given["template"])}
    if count := overrides.get("taskCount"):
        spec["taskCount"] = count
    if timeout := overrides.get("timeout"):
        template.seconds(timeout, field="overrides.timeout")
        spec["template"]["timeout"] = timeout
    wanted = overrides.get("containerOverrides", [])
    if len(wanted) > 1:
        raise invalid("The sandbox runs one container a task.", field_name="overrides")
    for override in wanted:
        container = _container(given["template"]["containers"][0], override)
        spec["template"]["containers"] = [container]
    return spec


def point_to(cloud: CloudRun, execution: Json, status: str, *, is_new: bool = False) -> None:
    """Make the job's `latestCreatedExecution` say how this one stands, if it is the latest."""
    job = cloud.state.get("jobs", execution["job"])
    if job is None:
        return
    if not is_new and job.get("latestCreatedExecution", {}).get("name") != execution["name"]:
        return
    kept = {key: execution[key] for key in ("createTime", "completionTime") if key in execution}
    job["latestCreatedExecution"] = {
        "name": execution["name"],
        "completionStatus": status,
        **kept,
    }
    job["executionCount"] = job.get("executionCount", 0) + (1 if is_new else 0)
    cloud.state.put("jobs", job["name"], job)


def start_all(cloud: CloudRun, operation: str) -> None:
    """Start every task of an execution, or hear again of those that an earlier sandbox started."""
    work = cloud.state.get("work", operation)
    assert work is not None
    execution = _execution(cloud, work)
    container = execution["template"]["containers"][0]
    digest = work.get("digest") or cloud.images.resolve(container["image"])
    if digest is None:
        return _conclude_missing(cloud, work, execution, container["image"])
    with cloud.state.change():
        work["digest"] = digest
        cloud.state.put("work", operation, work)
        execution.setdefault("startTime", cloud.distance.timestamp())
        execution["runningCount"] = execution["taskCount"] - len(work["tasks"])
        cloud.state.put("executions", execution["name"], execution)
    for task in range(execution["taskCount"]):
        known = work["tasks"].get(str(task))
        if known is None or known["state"] == "starting":
            _start(cloud, operation, task, attempt=0 if known is None else known["attempt"])
        elif known["state"] == "running":
            _watch(cloud, operation, task, template.task_process(execution, task, known["attempt"]))
    return None


def cancel(cloud: CloudRun, operation: str) -> None:
    """The work of a cancellation: what runs is ended, and the execution with it."""
    work = cloud.state.get("work", operation)
    assert work is not None
    execution = _execution(cloud, work)
    if work["fault"] is None:
        for name in _running(cloud, execution):
            cloud.runtime.cancel_job(name)
        _wait_for_end(cloud, execution["name"])
    else:
        cloud.state.delete("cancelled", execution["name"])
    operations.finish(cloud, work, resource=_execution(cloud, work), error=work["fault"])


def _start(cloud: CloudRun, operation: str, task: int, *, attempt: int) -> None:
    work = cloud.state.get("work", operation)
    assert work is not None
    execution = _execution(cloud, work)
    _note(cloud, operation, task, {"state": "running", "attempt": attempt})
    workload = template.task_workload(execution, task, attempt, digest=work["digest"])
    limit = template.seconds(execution["template"]["timeout"], field="timeout")
    if _is_cancelled(cloud, execution):
        return _ended(cloud, operation, task, CANCELLED)
    try:
        cloud.runtime.run_job(
            workload,
            timeout_seconds=limit,
            on_end=lambda code: _ended(cloud, operation, task, code),
        )
    except NotReady:
        return _ended(cloud, operation, task, _COMMAND_NOT_FOUND)
    if _is_cancelled(cloud, execution):
        # It was cancelled between the look above and the start.
        cloud.runtime.cancel_job(workload.name)
    return None


def _watch(cloud: CloudRun, operation: str, task: int, process: str) -> None:
    cloud.runtime.watch_job(process, lambda code: _ended(cloud, operation, task, code))


def _running(cloud: CloudRun, execution: Json) -> list[str]:
    return [
        template.task_process(execution, int(task), known["attempt"])
        for work in operations.unfinished(cloud)
        if work["resource"] == execution["name"]
        for task, known in work.get("tasks", {}).items()
        if known["state"] == "running"
    ]


def _ended(cloud: CloudRun, operation: str, task: int, code: int) -> None:
    """A task's process is gone; `code` is its exit code, negative when it did not end by itself."""
    with cloud.state.change():
        work = cloud.state.get("work", operation)
        if work is None:
            return
        execution = _execution(cloud, work)
        attempt = work["tasks"][str(task)]["attempt"]
        state = _state_after(cloud, execution, attempt, code)
        if state == "starting":
            attempt += 1
            execution["retriedCount"] += 1
            cloud.state.put("executions", execution["name"], execution)
        _note(cloud, operation, task, {"state": state, "attempt": attempt, "code": code})
    if state == "starting":
        cloud.background.submit(
            f"{execution['name']} {task}", lambda: _start(cloud, operation, task, attempt=attempt)
        )
    else:
        _count(cloud, operation)


def _is_cancelled(cloud: CloudRun, execution: Json) -> bool:
    return cloud.state.get("cancelled", execution["name"]) is not None


def _state_after(cloud: CloudRun, execution: Json, attempt: int, code: int) -> str:
    if _is_cancelled(cloud, execution):
        return "cancelled"
    if code == 0:
        return "succeeded"
    return "starting" if attempt < execution["template"]["maxRetries"] else "failed"


def _count(cloud: CloudRun, operation: str) -> None:
    with cloud.state.change():
        work = cloud.state.get("work", operation)
        if work is None:
            return
        execution = _execution(cloud, work)
        states = [each["state"] for each in work["tasks"].values()]
        for state in ("succeeded", "failed", "cancelled"):
            execution[f"{state}Count"] = states.count(state)
        ended = sum(states.count(state) for state in ("succeeded", "failed", "cancelled"))
        execution["runningCount"] = execution["taskCount"] - ended
        cloud.state.put("executions", execution["name"], execution)
        if ended == execution["taskCount"]:
            _conclude(cloud, work, execution)


def _conclude(cloud: CloudRun, work: Json, execution: Json) -> None:
    if execution["cancelledCount"]:
        told = (FAILED, "Execution was cancelled.", _CANCELLED, "EXECUTION_CANCELLED")
    elif execution["failedCount"]:
        told = (FAILED, _failure(work, execution), _NON_ZERO, "EXECUTION_FAILED")
    else:
        told = (SUCCEEDED, "", {}, "EXECUTION_SUCCEEDED")
    _complete(cloud, work, execution, *told)


def _conclude_missing(cloud: CloudRun, work: Json, execution: Json, image: str) -> None:
    execution["failedCount"], execution["runningCount"] = execution["taskCount"], 0
    reasons = {"reason": "CONTAINER_MISSING"}
    _complete(
        cloud, work, execution, FAILED, f"Image '{image}' not found.", reasons, "EXECUTION_FAILED"
    )


def _complete(
    cloud: CloudRun,
    work: Json,
    execution: Json,
    state: str,
    message: str,
    reasons: Json,
    status: str,
) -> None:
    now = cloud.distance.timestamp()
    made = [
        condition("Completed", state, at=now, message=message, reasons=reasons),
        condition("ResourcesAvailable", SUCCEEDED, at=now),
        condition("Started", SUCCEEDED, at=now),
    ]
    execution["conditions"] = settled(execution["conditions"], made)
    execution["completionTime"] = execution["updateTime"] = now
    execution["reconciling"] = False
    error = {"code": 9, "message": message} if state == FAILED else None
    with cloud.state.change():
        cloud.state.put("executions", execution["name"], execution)
        cloud.state.delete("cancelled", execution["name"])
        point_to(cloud, execution, status)
        operations.finish(cloud, work, resource=execution, error=work["fault"] or error)


def _failure(work: Json, execution: Json) -> str:
    task, failed = next(
        (task, each) for task, each in sorted(work["tasks"].items()) if each["state"] == "failed"
    )
    ending = (
        "The configured timeout was reached."
        if failed["code"] == TIMED_OUT
        else f"The container exited with an error (exit code {failed['code']})."
    )
    return f"Task {short(execution['name'])}-task{task} failed with message: {ending}"


def _note(cloud: CloudRun, operation: str, task: int, known: Json) -> None:
    with cloud.state.change():
        work = cloud.state.get("work", operation)
        assert work is not None
        work["tasks"][str(task)] = known
        cloud.state.put("work", operation, work)


def _wait_for_end(cloud: CloudRun, name: str) -> None:
    """Until the last task was counted; the runtime kills what does not go by itself."""
    seen = cloud.news.count
    while "completionTime" not in (cloud.state.get("executions", name) or {"completionTime": ""}):
        cloud.news.wait(seen, 1.0)
        seen = cloud.news.count


def _execution(cloud: CloudRun, work: Json) -> Json:
    execution = cloud.state.get("executions", work["resource"])
    assert execution is not None, work["resource"]
    return execution


def _container(container: Json, override: Json) -> Json:
    changed = dict(container)
    if override.get("clearArgs"):
        changed.pop("args", None)
    if args := override.get("args"):
        changed["args"] = args
    if env := override.get("env"):
        names = {each["name"] for each in env}
        kept = [each for each in container.get("env", ()) if each["name"] not in names]
        changed["env"] = [*kept, *env]
    return changed
