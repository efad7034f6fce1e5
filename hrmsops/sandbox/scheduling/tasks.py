"""Cloud Tasks v2, tasks: kept until a call was answered well, or tried as often as may be."""

from __future__ import annotations

import secrets
from collections.abc import Collection
from datetime import datetime, timedelta

from hrmsops.sandbox.api import ApiError, Request, paged
from hrmsops.sandbox.scheduling import calls, queues
from hrmsops.sandbox.scheduling.cloud import QUEUES, TASKS, Scheduling
from hrmsops.sandbox.state import Json

DISPATCH_DEADLINE = "600s"


def list_(cloud: Scheduling, request: Request) -> Json:
    """tasks.list: the oldest first."""
    queue = queues.existing(cloud, request)
    tasks = cloud.state.under(TASKS, f"{queue['name']}/tasks/")[::-1]
    return paged("tasks", [_basic(task) for task in tasks], request)


def create(cloud: Scheduling, request: Request) -> Json:
    """tasks.create: also in a paused queue."""
    wanted: Json = request.body.get("task", {})
    calls.check(wanted.get("httpRequest"), url="url")
    with cloud.state.change():
        queue = queues.existing(cloud, request)
        name = wanted.get("name") or f"{queue['name']}/tasks/{secrets.randbits(63)}"
        if not str(name).startswith(f"{queue['name']}/tasks/"):
            raise ApiError(400, "Task name must begin with the queue's.")
        if cloud.state.get(TASKS, name) is not None:
            raise ApiError(409, "Requested entity already exists", status="ALREADY_EXISTS")
        now = cloud.distance.timestamp()
        task = {
            "name": name,
            "httpRequest": {"httpMethod": "POST", **wanted["httpRequest"]},
            "scheduleTime": wanted.get("scheduleTime", now),
            "createTime": now,
            "dispatchDeadline": wanted.get("dispatchDeadline", DISPATCH_DEADLINE),
            "dispatchCount": 0,
            "responseCount": 0,
            "view": "BASIC",
        }
        cloud.state.put(TASKS, name, task)
    return _basic(task)


def get(cloud: Scheduling, request: Request) -> Json:
    """tasks.get."""
    return _basic(_existing(cloud, request))


def delete(cloud: Scheduling, request: Request) -> Json:
    """tasks.delete."""
    with cloud.state.change():
        cloud.state.delete(TASKS, _existing(cloud, request)["name"])
    return {}


def due(cloud: Scheduling, *, busy: Collection[str]) -> list[Json]:
    """Tasks of running queues that may be called for now and are not being so."""
    now = cloud.distance.now()
    return [
        task
        for task in _waiting(cloud)
        if task["name"] not in busy and datetime.fromisoformat(task["scheduleTime"]) <= now
    ]


def moments(cloud: Scheduling) -> list[datetime]:
    """When each task of a running queue may be called for."""
    return [datetime.fromisoformat(task["scheduleTime"]) for task in _waiting(cloud)]


def attempt(cloud: Scheduling, task: Json) -> None:
    """Make the call of a task; it is gone after a 2xx, else it waits for its next attempt."""
    queue_name, _, _ = task["name"].rpartition("/tasks/")
    outcome = calls.call(
        cloud.state,
        task["httpRequest"],
        url="url",
        headers={
            "User-Agent": "Google-Cloud-Tasks",
            "X-CloudTasks-QueueName": queue_name.rpartition("/")[2],
            "X-CloudTasks-TaskName": task["name"].rpartition("/")[2],
            "X-CloudTasks-TaskRetryCount": str(task["dispatchCount"]),
        },
        deadline=task["dispatchDeadline"],
    )
    with cloud.state.change():
        queue, kept = cloud.state.get(QUEUES, queue_name), cloud.state.get(TASKS, task["name"])
        if kept is None or queue is None:
            return
        kept["dispatchCount"] += 1
        if outcome.is_good or kept["dispatchCount"] >= queue["retryConfig"]["maxAttempts"]:
            cloud.state.delete(TASKS, task["name"])
            return
        later = cloud.distance.now() + _backoff(queue["retryConfig"], kept["dispatchCount"])
        kept["scheduleTime"] = later.strftime("%Y-%m-%dT%H:%M:%S.%fZ")
        cloud.state.put(TASKS, task["name"], kept)


def _waiting(cloud: Scheduling) -> list[Json]:
    """The tasks of running queues; of each queue the oldest first."""
    running = [each for each in cloud.state.under(QUEUES) if each["state"] == queues.RUNNING]
    return [
        task
        for queue in running
        for task in cloud.state.under(TASKS, f"{queue['name']}/tasks/")[::-1]
    ]


def _backoff(retries: Json, attempts: int) -> timedelta:
    first, most = calls.seconds(retries["minBackoff"]), calls.seconds(retries["maxBackoff"])
    return timedelta(seconds=min(first * 2 ** min(attempts - 1, retries["maxDoublings"]), most))


def _existing(cloud: Scheduling, request: Request) -> Json:
    queue = queues.existing(cloud, request)
    task = cloud.state.get(TASKS, f"{queue['name']}/tasks/{request.names['task']}")
    if task is None:
        raise ApiError(404, "Task does not exist.")
    return task


def _basic(task: Json) -> Json:
    """As the BASIC view shows it: without the body, which may be large or private."""
    request = {key: value for key, value in task["httpRequest"].items() if key != "body"}
    return {**task, "httpRequest": request}
