"""Calls that read and change nothing, with what came back: as field names and kinds, no value."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any
from urllib.parse import unquote, urlsplit

import msgspec

from hrmsops.config import Environment
from hrmsops.gcp.clients import Clients
from hrmsops.gcp.discovery import Description, Json, Reading
from hrmsops.gcp.sql_errors import read, translated

_KINDS = {dict: "object", list: "list", str: "string", bool: "boolean", int: "number"}
LISTED_MAX = 50


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """`fields`: `conditions[].type: string`; `wrong`: where it is not as Google describes it.

    Keys that people chose, such as a label's, are `*`.
    """

    fields: frozenset[str]
    wrong: tuple[str, ...]


class RawRead(msgspec.Struct, frozen=True, kw_only=True):
    """One call: its name at Google, the document that describes it, and the request of it."""

    name: str
    document: str
    permission: str
    request: Callable[[], Any]

    def ask(self) -> Answer:
        """Ask now; raises what a refusal or silence is to us."""
        with translated(f"ask {self.name}", instance="", permission=self.permission):
            request = self.request()
            reply = read(request.execute)
        described = Description(self.document)
        path = unquote(urlsplit(request.uri).path)
        method = described.method(request.method, path)
        if method is None:
            return Answer(fields=frozenset(), wrong=("Google describes no such method",))
        schema = method["response"]
        flaws = Reading(self.name, described, shown=kind_of).value(schema, reply, "reply")
        return Answer(
            fields=frozenset(_fields(described, schema, reply, "")),
            wrong=tuple(dict.fromkeys(f"{each.where} {each.what}" for each in flaws)),
        )


def raw_reads(
    clients: Clients, environment: Environment, *, service: str, revision: str, instance: str
) -> tuple[RawRead, ...]:
    """What hrmsops reads most, once each; `service` and `revision` are named in full."""
    sql, run = clients.sql, clients.run.projects().locations().services()
    of = {"project": environment.project, "instance": instance}
    calls: list[tuple[str, str, str, Callable[[], Any]]] = [
        ("services.get", "run.v2", "run.services.get", lambda: run.get(name=service)),
        (
            "revisions.list",
            "run.v2",
            "run.revisions.list",
            lambda: run.revisions().list(parent=service, pageSize=LISTED_MAX),
        ),
        (
            "revisions.get",
            "run.v2",
            "run.revisions.get",
            lambda: run.revisions().get(name=revision),
        ),
        (
            "instances.get",
            "sqladmin.v1",
            "cloudsql.instances.get",
            lambda: sql.instances().get(**of),
        ),
        (
            "connect.get",
            "sqladmin.v1",
            "cloudsql.instances.get",
            lambda: sql.connect().get(**of),
        ),
        (
            "backupRuns.list",
            "sqladmin.v1",
            "cloudsql.backupRuns.list",
            lambda: sql.backupRuns().list(**of, maxResults=LISTED_MAX),
        ),
        (
            "operations.list",
            "sqladmin.v1",
            "cloudsql.instances.get",
            lambda: sql.operations().list(**of, maxResults=LISTED_MAX),
        ),
        (
            "users.list",
            "sqladmin.v1",
            "cloudsql.users.list",
            lambda: sql.users().list(**of),
        ),
    ]
    calls += [*_of_hold(clients, environment, service.partition("/services/")[0])]
    return tuple(
        RawRead(name=name, document=document, permission=permission, request=request)
        for name, document, permission, request in calls
    )


def _of_hold(
    clients: Clients, environment: Environment, parent: str
) -> Iterator[tuple[str, str, str, Callable[[], Any]]]:
    jobs = clients.scheduler.projects().locations().jobs()
    queues = clients.tasks.projects().locations().queues()
    for name in environment.hold.schedulers[:1]:
        get = partial(jobs.get, name=f"{parent}/jobs/{name}")
        yield "jobs.get", "cloudscheduler.v1", "cloudscheduler.jobs.get", get
    for name in environment.hold.queues[:1]:
        get = partial(queues.get, name=f"{parent}/queues/{name}")
        yield "queues.get", "cloudtasks.v2", "cloudtasks.queues.get", get


def kind_of(given: Any) -> str:
    """A value's kind in JSON."""
    return _KINDS.get(type(given), "number" if isinstance(given, float) else "null")


def _fields(described: Description, schema: Json, given: Any, where: str) -> Iterator[str]:
    if "$ref" in schema:
        schema = described.schemas[schema["$ref"]]
    if where:
        yield f"{where}: {kind_of(given)}"
    if isinstance(given, dict):
        known = schema.get("properties", {})
        for key, item in given.items():
            inner = known.get(key) or schema.get("additionalProperties") or {}
            name = key if key in known or "additionalProperties" not in schema else "*"
            yield from _fields(described, inner, item, f"{where}.{name}".lstrip("."))
    elif isinstance(given, list):
        for item in given:
            yield from _fields(described, schema.get("items", {}), item, f"{where}[]")
