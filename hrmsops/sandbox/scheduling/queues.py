"""Cloud Tasks v2, queues: what waits in one is called for unless the queue is paused."""

from __future__ import annotations

import re

from hrmsops.sandbox.api import ApiError, Request, invalid, paged
from hrmsops.sandbox.cloud_run.cloud import PARENT
from hrmsops.sandbox.cloud_run.names import check_place
from hrmsops.sandbox.scheduling.cloud import QUEUES, TASKS, Scheduling
from hrmsops.sandbox.state import Json

RUNNING, PAUSED = "RUNNING", "PAUSED"
_ID = re.compile(r"[A-Za-z0-9-]{1,100}")
_LIMITS: Json = {
    "maxDispatchesPerSecond": 500.0,
    "maxBurstSize": 100,
    "maxConcurrentDispatches": 1000,
}
_RETRIES: Json = {
    "maxAttempts": 100,
    "minBackoff": "0.100s",
    "maxBackoff": "3600s",
    "maxDoublings": 16,
}


def existing(cloud: Scheduling, request: Request) -> Json:
    """The queue in the path, or Google's 404."""
    check_place(request.names["project"], request.names["location"])
    queue = cloud.state.get(QUEUES, f"{PARENT}/queues/{request.names['queue']}")
    if queue is None:
        raise ApiError(404, "Queue does not exist.")
    return queue


def get(cloud: Scheduling, request: Request) -> Json:
    """queues.get."""
    return existing(cloud, request)


def list_(cloud: Scheduling, request: Request) -> Json:
    """queues.list: by name, without a filter."""
    check_place(request.names["project"], request.names["location"])
    if request.query.get("filter"):
        raise invalid("The sandbox lists queues without a filter.", field_name="filter")
    queues = sorted(cloud.state.under(QUEUES), key=lambda queue: str(queue["name"]))
    return paged("queues", queues, request)


def create(cloud: Scheduling, request: Request) -> Json:
    """queues.create: the name is in the body; a queue begins RUNNING."""
    check_place(request.names["project"], request.names["location"])
    name = str(request.body.get("name", ""))
    prefix = f"{PARENT}/queues/"
    if not name.startswith(prefix) or not _ID.fullmatch(name.removeprefix(prefix)):
        raise invalid("Queue name must be formatted: projects/P/locations/L/queues/Q.")
    with cloud.state.change():
        if cloud.state.get(QUEUES, name) is not None:
            raise ApiError(409, "Queue already exists", status="ALREADY_EXISTS")
        queue = {
            "name": name,
            "rateLimits": {**_LIMITS, **request.body.get("rateLimits", {})},
            "retryConfig": {**_RETRIES, **request.body.get("retryConfig", {})},
            "state": RUNNING,
        }
        cloud.state.put(QUEUES, name, queue)
    return queue


def delete(cloud: Scheduling, request: Request) -> Json:
    """queues.delete: takes its tasks with it."""
    with cloud.state.change():
        queue = existing(cloud, request)
        for task in cloud.state.under(TASKS, f"{queue['name']}/tasks/"):
            cloud.state.delete(TASKS, task["name"])
        cloud.state.delete(QUEUES, queue["name"])
    return {}


def pause(cloud: Scheduling, request: Request) -> Json:
    """queues.pause: tasks can still be added, and wait; a paused queue stays one."""
    return _turn(cloud, request, PAUSED)


def resume(cloud: Scheduling, request: Request) -> Json:
    """queues.resume."""
    return _turn(cloud, request, RUNNING)


def _turn(cloud: Scheduling, request: Request, state: str) -> Json:
    with cloud.state.change():
        queue = {**existing(cloud, request), "state": state}
        cloud.state.put(QUEUES, queue["name"], queue)
    return queue
