"""Replies held against Google's own description of its APIs, as googleapiclient ships it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping

import msgspec

from hrmsops.gcp.discovery import Description, Json, Reading, Violation
from hrmsops.sandbox.request_log import Entry


def violations(entries: Iterable[Entry]) -> Iterator[Violation]:
    """Everything that is wrong with what was answered; dropped replies are looked at as well."""
    for entry in entries:
        if entry.fault == "mangle":
            continue  # On purpose.
        call = f"{entry.method} {entry.path}"
        is_sql, is_storage = (
            found is not None
            for found in (_SQL_PATH.match(entry.path), _STORAGE_PATH.match(entry.path))
        )
        if "error" in entry.reply and not {"done", "status"} & set(entry.reply):
            reading = _Reading(call, _SQL if is_sql else _V2)
            has_reason = is_sql or is_storage
            yield from reading.reasoned_refusal(entry) if has_reason else reading.refusal(entry)
            continue
        known: tuple[Description, ...] = (_SQL, _SQL_BETA) if is_sql else _RUN_AND_OTHERS
        if is_storage:
            known, entry = (_STORAGE,), _as_described(entry)
        described = next((each for each in known if each.method(entry.method, entry.path)), None)
        if described is None:
            yield Violation(call, "", "Google describes no such method")
            continue
        method = described.method(entry.method, entry.path)
        assert method is not None
        numbers = "enum-encoding=int" in entry.query.get("$alt", "")
        reading = _Reading(call, described, numbers=numbers)
        yield from reading.value(method.get("response", {}), entry.reply, "reply")
        yield from _query(call, described, method, entry.query)


class _Reading(Reading):
    """A refusal is no reply of a method's own."""

    def refusal(self, entry: Entry) -> Iterator[Violation]:
        error = entry.reply["error"]
        if set(error) - {"code", "message", "status", "details"}:
            yield self._wrong("reply.error", f"has fields {sorted(error)}")
        elif not (400 <= error["code"] < 600 and error["message"] and error["status"].isupper()):
            yield self._wrong("reply.error", f"is not a google.rpc.Status over HTTP: {error}")
        elif entry.status not in (None, error["code"]):
            yield self._wrong("reply.error.code", f"is not the HTTP status {entry.status}")

    def reasoned_refusal(self, entry: Entry) -> Iterator[Violation]:
        error = entry.reply["error"]
        reasons = [each.get("reason") for each in error.get("errors", ())]
        if set(error) != {"code", "message", "errors"}:
            yield self._wrong("reply.error", f"has fields {sorted(error)}")
        elif not (400 <= error["code"] < 600 and error["message"] and all(reasons) and reasons):
            yield self._wrong("reply.error", f"is not a refusal with a reason: {error}")
        elif entry.status not in (None, error["code"]):
            yield self._wrong("reply.error.code", f"is not the HTTP status {entry.status}")


def _query(
    call: str, description: Description, method: Json, query: Mapping[str, str]
) -> Iterator[Violation]:
    known = {*method.get("parameters", {}), *description.parameters}
    for name in query:
        # jobs.patch has no mask in the description; Google ignores what it does not know.
        if name not in known and name not in ("updateMask", "$alt"):
            yield Violation(call, f"query.{name}", "is no parameter of Google's")


def _as_described(entry: Entry) -> Entry:
    """An upload and a download are the same methods under another root; a piece is sent by PUT."""
    path = entry.path.removeprefix("/upload").removeprefix("/download")
    method = "POST" if entry.method == "PUT" else entry.method
    query = {name: value for name, value in entry.query.items() if name != "upload_id"}
    return msgspec.structs.replace(entry, path=path, method=method, query=query)


_V2, _V1 = Description("run.v2"), Description("run.v1")
_SCHEDULER, _TASKS = Description("cloudscheduler.v1"), Description("cloudtasks.v2")
_SECRETS = Description("secretmanager.v1")
_MONITORING = Description("monitoring.v3")
_ACCESS = tuple(
    map(Description, ("cloudresourcemanager.v3", "iam.v1", "oauth2.v2", "serviceusage.v1"))
)
_REGISTRY = Description("artifactregistry.v1")
_RUN_AND_OTHERS = (_V2, _V1, _SCHEDULER, _TASKS, _MONITORING, _SECRETS, *_ACCESS, _REGISTRY)
_SQL, _SQL_BETA = Description("sqladmin.v1"), Description("sqladmin.v1beta4")
_SQL_PATH = re.compile(r"/(v1|sql/v1beta4)/projects/[^/]+/(instances|operations|backups)\b")
_STORAGE = Description("storage.v1")
_STORAGE_PATH = re.compile(r"/(upload/|download/)?storage/v1/b")
