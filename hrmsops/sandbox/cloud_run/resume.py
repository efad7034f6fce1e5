"""After a start: what was begun goes on, and every URL answers again."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from hrmsops.sandbox.cloud_run import (
    operations,
    reconcile,
    revisions,
    routing,
    services,
    tasks,
    workers,
)
from hrmsops.sandbox.cloud_run.cloud import CloudRun
from hrmsops.sandbox.cloud_run.names import short
from hrmsops.sandbox.state import Json

_WORK: Mapping[str, Callable[[CloudRun, Json], None]] = {
    "services.create": reconcile.reconcile,
    "services.update": reconcile.reconcile,
    "services.traffic": reconcile.reconcile,
    "services.delete": services.remove,
    "revisions.delete": revisions.remove,
    "workerPools.create": workers.reconcile,
    "workerPools.update": workers.reconcile,
    "workerPools.delete": workers.remove,
    "jobs.run": lambda cloud, work: tasks.start_all(cloud, work["operation"]),
    "executions.cancel": lambda cloud, work: tasks.cancel(cloud, work["operation"]),
}


def resume(cloud: CloudRun) -> None:
    """Publish every service as its trafficStatuses say, then go on with what was unfinished."""
    adopted = cloud.runtime.adopt()
    known = {short(each["name"]) for each in cloud.state.under("revisions")}
    for service in cloud.state.under("services"):
        _publish(cloud, service)
    for name in adopted:
        if name in known:
            cloud.ingress.release(name)
    for work in operations.unfinished(cloud):
        _submit(cloud, work)


def _publish(cloud: CloudRun, service: Json) -> None:
    statuses = service.get("trafficStatuses", [])
    if "uri" not in service or "deleteTime" in service:
        return
    with cloud.state.change():
        fresh = routing.publish(cloud, service, statuses)
        cloud.state.put("services", service["name"], {**service, "trafficStatuses": fresh})


def _submit(cloud: CloudRun, work: Json) -> None:
    act = _WORK.get(work["kind"])
    if act is None:
        # The change was kept with its work, only the operation's end was not.
        resource = cloud.state.get("jobs", work["resource"]) or {"name": work["resource"]}
        operations.finish(cloud, work, resource=resource, error=work["fault"])
        return
    key = work["resource"]
    if work["kind"] == "revisions.delete":
        key = key.rsplit("/", 2)[0]
    elif work["kind"] == "executions.cancel":
        key = f"cancel {key}"
    cloud.background.submit(key, lambda: act(cloud, work))
