"""Cloud Run's worker pools and executions in hrmsops's words.

Each method is one API call (a list: its pages); none waits.
"""

from __future__ import annotations

from datetime import datetime
from functools import cached_property
from typing import Any

from hrmsops.gcp.background import Execution, WorkerPool
from hrmsops.gcp.clients import Clients
from hrmsops.gcp.resources import short
from hrmsops.gcp.sql_errors import read, translated

PAGE = 100
INSTANCES_BY_DEFAULT = 1


class Workers:
    """What runs beside a service, Cloud Run Admin API v2; everything is named in full."""

    def __init__(self, clients: Clients) -> None:
        self._clients = clients

    def pool(self, name: str) -> WorkerPool:
        """workerPools.get; raises ResourceMissing."""
        doing, permission = f"read worker pool {short(name)}", "run.workerpools.get"
        with translated(doing, instance="", permission=permission):
            return _pool(read(self._pools.get(name=name).execute))

    def scale(self, name: str, instances: int, *, etag: str) -> str:
        """workerPools.patch of the number of instances alone; returns the operation's name.

        Raises EtagStale when the pool changed since `etag` was read. Never repeated here.
        """
        body = {"etag": etag, "scaling": {"manualInstanceCount": instances}}
        call = self._pools.patch(name=name, body=body, updateMask="scaling.manualInstanceCount")
        doing, permission = f"scale worker pool {short(name)}", "run.workerpools.update"
        with translated(doing, instance="", permission=permission):
            return str(call.execute(num_retries=0).get("name", ""))

    def running(self, job: str) -> tuple[Execution, ...]:
        """executions.list of a job: every page, those that have not ended; ResourceMissing."""
        executions = self._jobs.executions()
        call = executions.list(parent=job, pageSize=PAGE)
        found: list[Any] = []
        doing, permission = f"list executions of {short(job)}", "run.executions.list"
        with translated(doing, instance="", permission=permission):
            while call is not None:
                page = read(call.execute)
                found += page.get("executions", ())
                call = executions.list_next(call, page)
        each = (_execution(document) for document in found)
        return tuple(execution for execution in each if execution.ended_at is None)

    def execution(self, name: str) -> Execution:
        """executions.get; raises ResourceMissing."""
        call = self._jobs.executions().get(name=name)
        doing, permission = f"read execution {short(name)}", "run.executions.get"
        with translated(doing, instance="", permission=permission):
            return _execution(read(call.execute))

    def cancel(self, execution: str) -> str:
        """executions.cancel; CallRefused where it has ended. Returns the operation's name."""
        call = self._jobs.executions().cancel(name=execution, body={})
        doing, permission = f"cancel execution {short(execution)}", "run.executions.cancel"
        with translated(doing, instance="", permission=permission):
            return str(call.execute(num_retries=0).get("name", ""))

    @cached_property
    def _pools(self) -> Any:
        return self._clients.run.projects().locations().workerPools()

    @cached_property
    def _jobs(self) -> Any:
        return self._clients.run.projects().locations().jobs()


def _pool(found: dict[str, Any]) -> WorkerPool:
    condition = found.get("terminalCondition", {})
    has_failed = condition.get("state") == "CONDITION_FAILED"
    return WorkerPool(
        name=found["name"],
        etag=found.get("etag", ""),
        instances=int(found.get("scaling", {}).get("manualInstanceCount", INSTANCES_BY_DEFAULT)),
        is_reconciling=bool(found.get("reconciling")),
        failure=str(condition.get("message", "it is not Ready")) if has_failed else "",
    )


def _execution(found: dict[str, Any]) -> Execution:
    return Execution(
        name=found["name"],
        job=found.get("job") or found["name"].rpartition("/executions/")[0],
        began_at=_moment(found.get("startTime") or found.get("createTime")),
        ended_at=_moment(found.get("completionTime")),
    )


def _moment(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None
