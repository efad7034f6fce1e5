"""Long-running operations: what was begun, what it was about, and how it ended."""

from __future__ import annotations

import time
import uuid

from hrmsops.sandbox.api import ApiError, Request, not_found, paged
from hrmsops.sandbox.cloud_run.cloud import PARENT, CloudRun
from hrmsops.sandbox.cloud_run.names import check_place
from hrmsops.sandbox.cloud_run.template import seconds
from hrmsops.sandbox.state import Json

TYPE = "type.googleapis.com/google.cloud.run.v2."
WAIT_SECONDS_MAX = 30.0


def begin(cloud: CloudRun, *, kind: str, about: str, resource: Json, **memory: object) -> Json:
    """Keep an operation and what its work must remember; call it inside `state.change()`.

    `kind` is what faults know it by (`services.traffic`), `about` the resource's message type
    ("Service"). The fault that it will meet, if one is armed, is spent here.
    """
    name = f"{PARENT}/operations/{uuid.uuid4()}"
    fault = cloud.faults.strike_operation(kind)
    work: Json = {"operation": name, "kind": kind, "about": about, "resource": resource["name"]}
    work["fault"] = fault.rpc_status() if fault and fault.kind == "operation" else None
    work["stall_seconds"] = fault.seconds if fault and fault.kind == "stall" else 0
    cloud.state.put("work", name, {**work, **memory})
    metadata = {"@type": TYPE + about, **resource}
    operation: Json = {"name": name, "metadata": metadata, "done": False}
    cloud.state.put("operations", name, operation)
    return operation


def validated(about: str, resource: Json) -> Json:
    """What `validateOnly` answers: a finished operation that nothing was kept of."""
    body = {"@type": TYPE + about, **resource}
    name = f"{PARENT}/operations/{uuid.uuid4()}"
    return {"name": name, "metadata": body, "done": True, "response": body}


def finish(cloud: CloudRun, work: Json, *, resource: Json, error: Json | None) -> None:
    """End an operation with the resource as it is now, or with a google.rpc.Status."""
    body = {"@type": TYPE + work["about"], **resource}
    with cloud.state.change():
        operation = cloud.state.get("operations", work["operation"])
        assert operation is not None
        ending = {"response": body} if error is None else {"error": error}
        cloud.state.put(
            "operations", work["operation"], {**operation, "metadata": body, "done": True, **ending}
        )
        cloud.state.delete("work", work["operation"])
    cloud.news.announce()


def unfinished(cloud: CloudRun) -> list[Json]:
    """The work of every operation that has not ended, in the order in which it was accepted."""
    return cloud.state.under("work")[::-1]


def get(cloud: CloudRun, request: Request) -> Json:
    """operations.get."""
    name = _name(request)
    operation = cloud.state.get("operations", name)
    if operation is None:
        raise not_found(name)
    return operation


def wait(cloud: CloudRun, request: Request) -> Json:
    """operations.wait: answers when the operation has ended, or its timeout (30 s at most)."""
    asked = request.body.get("timeout", f"{WAIT_SECONDS_MAX}s")
    deadline = time.monotonic() + min(seconds(asked, field="timeout"), WAIT_SECONDS_MAX)
    seen = cloud.news.count
    while not (operation := get(cloud, request))["done"]:
        remaining = deadline - time.monotonic()
        if remaining <= 0:
            return operation
        cloud.news.wait(seen, remaining)
        seen = cloud.news.count
    return operation


def list_(cloud: CloudRun, request: Request) -> Json:
    """operations.list: every operation, the newest first."""
    check_place(request.names["project"], request.names["location"])
    if request.query.get("filter"):
        raise ApiError(501, "The sandbox lists operations without a filter.")
    items = cloud.state.under("operations")
    return paged("operations", items, request)


def delete(cloud: CloudRun, request: Request) -> Json:
    """operations.delete: forgets the record of an operation; what it does goes on."""
    get(cloud, request)
    cloud.state.delete("operations", _name(request))
    return {}


def _name(request: Request) -> str:
    check_place(request.names["project"], request.names["location"])
    return f"{PARENT}/operations/{request.names['operation']}"
