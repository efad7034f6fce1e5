"""Temporary Cloud Run jobs in hrmsops's words. Each method is one API call; none waits."""

from __future__ import annotations

from functools import cached_property
from typing import Any

import msgspec

from hrmsops.errors.cloud import EtagStale, ResourceMissing
from hrmsops.gcp.clients import Clients
from hrmsops.gcp.resources import short
from hrmsops.gcp.sql_errors import read, translated

Json = dict[str, Any]

TASK_SECONDS_MAX = 24 * 3600
# What a task takes of a revision's template, and a container of a task of a revision's.
_TASK = ("volumes", "vpcAccess", "serviceAccount", "executionEnvironment", "encryptionKey")
_CONTAINER = ("image", "env", "volumeMounts", "resources", "workingDir")


class Execution(msgspec.Struct, frozen=True, kw_only=True):
    """One execution of a job. `failure` is Cloud Run's own word, "" where it has none."""

    name: str
    is_over: bool
    failure: str


class Jobs:
    """The jobs that hrmsops makes for a run; `parent` is `projects/P/locations/R`."""

    def __init__(self, clients: Clients, *, parent: str) -> None:
        self._clients, self._parent = clients, parent

    def make(
        self, name: str, *, of: Json, image: str, command: tuple[str, ...], env: dict[str, str]
    ) -> None:
        """jobs.create with the variables, network and account of a revision's template.

        One task that is never tried again by itself. A job of that name is there already where an
        earlier answer was lost: that is fine.
        """
        body = {"template": {"taskCount": 1, "template": _task(of, image, command, env)}}
        call = self._jobs.create(parent=self._parent, jobId=name, body=body)
        try:
            with _translated(f"make job {name}", "run.jobs.create"):
                call.execute(num_retries=0)
        except EtagStale:
            return

    def exists(self, name: str) -> bool:
        """jobs.get."""
        try:
            with _translated(f"read job {name}", "run.jobs.get"):
                read(self._jobs.get(name=self._full(name)).execute)
        except ResourceMissing:
            return False
        return True

    def run(self, name: str, *, env: dict[str, str], tasks: int = 1) -> str:
        """jobs.run with more variables; the execution's name. Never repeated here."""
        variables = [{"name": key, "value": value} for key, value in env.items()]
        body = {"overrides": {"containerOverrides": [{"env": variables}], "taskCount": tasks}}
        call = self._jobs.run(name=self._full(name), body=body)
        with _translated(f"run job {name}", "run.jobs.runWithOverrides"):
            return str(call.execute(num_retries=0)["metadata"]["name"])

    def execution(self, name: str) -> Execution:
        """executions.get."""
        with _translated(f"read {short(name)}", "run.executions.get"):
            found = read(self._jobs.executions().get(name=name).execute)
        conditions = {each["type"]: each for each in found.get("conditions", ())}
        completed = conditions.get("Completed", {})
        has_failed = completed.get("state") == "CONDITION_FAILED"
        return Execution(
            name=short(name),
            is_over="completionTime" in found,
            failure=completed.get("message", "It failed.") if has_failed else "",
        )

    def delete(self, name: str) -> None:
        """jobs.delete, its executions with it; absent is fine."""
        call = self._jobs.delete(name=self._full(name))
        try:
            with _translated(f"delete job {name}", "run.jobs.delete"):
                call.execute(num_retries=0)
        except ResourceMissing:
            return

    def _full(self, name: str) -> str:
        return f"{self._parent}/jobs/{name}"

    @cached_property
    def _jobs(self) -> Any:
        return self._clients.run.projects().locations().jobs()


def _task(of: Json, image: str, command: tuple[str, ...], env: dict[str, str]) -> Json:
    first = of["containers"][0]
    container = {name: first[name] for name in _CONTAINER if name in first}
    more = [{"name": key, "value": value} for key, value in env.items()]
    container |= {
        "image": image,
        "command": list(command[:1]),
        "args": list(command[1:]),
        "env": [*first.get("env", ()), *more],
    }
    kept = {name: of[name] for name in _TASK if name in of}
    return {
        **kept,
        "containers": [container],
        "maxRetries": 0,
        "timeout": f"{TASK_SECONDS_MAX}s",
    }


def _translated(doing: str, permission: str) -> Any:
    return translated(doing, instance="", permission=permission)
