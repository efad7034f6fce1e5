"""Operations of Cloud SQL: one at a time an instance, PENDING, RUNNING, DONE, well or not."""

from __future__ import annotations

import traceback
import uuid
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

from hrmsops.errors import HrmsopsError
from hrmsops.sandbox.api import Request, page
from hrmsops.sandbox.cloud_sql import names, refusals
from hrmsops.sandbox.cloud_sql.cloud import INSTANCES, OPERATIONS, PROJECT, WORK, CloudSql
from hrmsops.sandbox.cloud_sql.refusals import GoesDown, OperationFailed, SqlRefusal
from hrmsops.sandbox.faults import Fault
from hrmsops.sandbox.state import Json

_LIST_MAX = 500


def begin(
    cloud: CloudSql,
    *,
    kind: str,
    type_: str,
    target: str,
    account: str,
    besides: Iterable[str] = (),
    shown: Json | None = None,
    delay: timedelta = timedelta(0),
    **memory: object,
) -> Json:
    """Keep an operation and what its work must remember; call it inside `state.change()`.

    `kind` is what faults know it by, `besides` names other instances that it keeps busy, `shown`
    is what the operation tells of itself (backupContext), `delay` the time that it takes at least.
    Refuses where one of the instances is busy.
    """
    taken = [target, *besides]
    check_idle(cloud, *taken)
    fault = cloud.faults.strike_operation(kind)
    name = str(uuid.uuid4())
    stall = timedelta(seconds=fault.seconds or 0) if fault and fault.kind == "stall" else delay
    cloud.state.put(
        WORK,
        name,
        {
            "operation": name,
            "kind": kind,
            "target": target,
            "instances": taken,
            "account": account,
            "not_before": (datetime.now(UTC) + max(stall, delay)).isoformat(),
            "fault": _error_of(fault) if fault and fault.kind == "operation" else None,
            "stuck": fault.state if fault and fault.kind == "stick" else None,
            **memory,
        },
    )
    operation: Json = {
        "kind": "sql#operation",
        "name": name,
        "operationType": type_,
        "status": "PENDING",
        "user": account,
        "insertTime": cloud.distance.timestamp(),
        "targetId": target,
        "targetProject": PROJECT,
        "targetLink": names.link("instances", target),
        "selfLink": names.link("operations", name),
        **(shown or {}),
    }
    cloud.state.put(OPERATIONS, name, operation)
    return operation


def check_idle(cloud: CloudSql, *instances: str) -> None:
    """Refuse where an operation of any of these has not ended."""
    if any(set(work["instances"]) & set(instances) for work in unfinished(cloud)):
        raise refusals.busy()


def go(cloud: CloudSql, operation: Json) -> Json:
    """Start the work of an operation that was kept, and answer the operation."""
    name = operation["name"]
    cloud.background.submit(operation["targetId"], lambda: run(cloud, name))
    return operation


def run(cloud: CloudSql, name: str) -> None:
    """Do the work of an operation, from wherever an earlier attempt left it."""
    with cloud.busy:
        work = cloud.state.get(WORK, name)
        if work is None or cloud.closing.is_set():
            return
        _note(cloud, name, status="RUNNING", startTime=cloud.distance.timestamp())
        try:
            changes, error = _outcome(cloud, work)
        except GoesDown:
            return
        _finish(cloud, work, changes, error)


def _outcome(cloud: CloudSql, work: Json) -> tuple[Json | None, Json | None]:
    kind = cloud.kinds[work["kind"]]
    try:
        await_moment(cloud, work)
        if work["fault"] is not None:
            raise OperationFailed(**work["fault"])
        return kind.act(cloud, work), None
    except GoesDown:
        raise
    except Exception as problem:
        if cloud.closing.is_set():
            raise GoesDown from problem
        kind.fail(cloud, work)
        return None, _told(problem)


def await_moment(cloud: CloudSql, work: Json) -> None:
    """Until the time that the operation is to take is over; GoesDown when the sandbox ends."""
    due = datetime.fromisoformat(work["not_before"]) - datetime.now(UTC)
    if cloud.closing.wait(max(due.total_seconds(), 0)):
        raise GoesDown


def _finish(cloud: CloudSql, work: Json, changes: Json | None, error: Json | None) -> None:
    with cloud.state.change():
        document = cloud.state.get(INSTANCES, work["target"])
        if document is not None:
            stuck = {"stuck": work["stuck"]} if work["stuck"] else {}
            cloud.state.put(INSTANCES, work["target"], {**document, **(changes or {}), **stuck})
        ending: Json = {"status": "DONE", "endTime": cloud.distance.timestamp()}
        if error is not None:
            ending["error"] = {"kind": "sql#operationErrors", "errors": [error]}
        _note(cloud, work["operation"], **ending)
        cloud.state.delete(WORK, work["operation"])


def _told(problem: Exception) -> Json:
    code, message = "INTERNAL_ERROR", str(problem)
    if isinstance(problem, OperationFailed):
        code, message = problem.code, problem.message
    elif isinstance(problem, SqlRefusal):
        code, message = problem.reason, problem.message
    elif isinstance(problem, HrmsopsError):
        message = f"{problem.what} {problem.why}"
    else:
        traceback.print_exc()  # The sandbox's log has the rest.
    return {"kind": "sql#operationError", "code": code, "message": message}


def unfinished(cloud: CloudSql) -> list[Json]:
    """The work of every operation that has not ended, the oldest first."""
    return cloud.state.under(WORK)[::-1]


def get(cloud: CloudSql, request: Request) -> Json:
    """operations.get."""
    names.check_project(request.names["project"])
    operation = cloud.state.get(OPERATIONS, request.names["operation"])
    if operation is None:
        message = "The Cloud SQL operation does not exist."
        raise SqlRefusal(404, "operationDoesNotExist", message)
    return operation


def list_(cloud: CloudSql, request: Request) -> Json:
    """operations.list: all, or those of one instance; the newest first."""
    names.check_project(request.names["project"])
    instance = request.query.get("instance", "")
    found = [each for each in cloud.state.under(OPERATIONS) if instance in ("", each["targetId"])]
    shown, mark = page(found, request, size="maxResults", mark="pageToken", largest=_LIST_MAX)
    answer: Json = {"kind": "sql#operationsList", "items": shown}
    return {**answer, "nextPageToken": mark} if mark else answer


def cancel(cloud: CloudSql, request: Request) -> Json:
    """operations.cancel: Cloud SQL cancels imports and exports alone, and here are none."""
    operation = get(cloud, request)
    raise refusals.invalid(f"an operation of type {operation['operationType']} is not cancelled")


def _note(cloud: CloudSql, name: str, **changes: object) -> None:
    with cloud.state.change():
        operation = cloud.state.get(OPERATIONS, name)
        if operation is not None:
            kept = {"startTime": operation["startTime"]} if "startTime" in operation else {}
            cloud.state.put(OPERATIONS, name, {**operation, **changes, **kept})


def _error_of(fault: Fault) -> Json:
    return {"code": fault.status or "INTERNAL_ERROR", "message": fault.error().message}
