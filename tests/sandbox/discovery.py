"""Replies held against Google's own description of its APIs, as googleapiclient ships it."""

from __future__ import annotations

import importlib.resources
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

import msgspec

from hrmsops.sandbox.request_log import Entry

Json = dict[str, Any]

_TYPE = "type.googleapis.com/google.cloud.run.v2."
_DATETIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?(Z|[+-]\d\d:\d\d)")
_DURATION = re.compile(r"-?\d+(\.\d{1,9})?s")
_FORMATS: Mapping[str, re.Pattern[str]] = {
    "int64": re.compile(r"-?\d+"),
    "google-datetime": _DATETIME,
    "google-duration": _DURATION,
}


@dataclass(frozen=True)
class Violation:
    """One place where a reply is not what Google's description promises."""

    call: str
    where: str
    what: str


def violations(entries: Iterable[Entry]) -> Iterator[Violation]:
    """Everything that is wrong with what was answered; dropped replies are looked at as well."""
    for entry in entries:
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
        known: tuple[_Description, ...] = (_SQL, _SQL_BETA) if is_sql else _RUN_AND_OTHERS
        if is_storage:
            known, entry = (_STORAGE,), _as_described(entry)
        described = next((each for each in known if each.method(entry)), None)
        if described is None:
            yield Violation(call, "", "Google describes no such method")
            continue
        method = described.method(entry)
        assert method is not None
        numbers = "enum-encoding=int" in entry.query.get("$alt", "")
        reading = _Reading(call, described, numbers=numbers)
        yield from reading.value(method.get("response", {}), entry.reply, "reply")
        yield from _query(call, described, method, entry.query)


class _Description:
    """One discovery document: its methods by path, its schemas by name."""

    def __init__(self, name: str) -> None:
        self._name = name

    @property
    def schemas(self) -> Mapping[str, Json]:
        schemas: Mapping[str, Json] = self._document["schemas"]
        return schemas

    @property
    def parameters(self) -> Mapping[str, Json]:
        parameters: Mapping[str, Json] = self._document["parameters"]
        return parameters

    def method(self, entry: Entry) -> Json | None:
        for verb, path, method in self._methods:
            if verb == entry.method and path.fullmatch(entry.path):
                return method
        return None

    @property
    def _document(self) -> Json:
        return _document(self._name)

    @property
    def _methods(self) -> list[tuple[str, re.Pattern[str], Json]]:
        return _methods(self._name)


class _Reading:
    """One reply, read beside its schema."""

    def __init__(self, call: str, description: _Description, *, numbers: bool = False) -> None:
        self._call, self._described, self._numbers = call, description, numbers

    def value(self, schema: Json, given: Any, where: str) -> Iterator[Violation]:
        if "$ref" in schema:
            schema = self._described.schemas[schema["$ref"]]
        kind = schema.get("type")
        if kind == "object":
            yield from self._object(schema, given, where)
        elif kind == "array":
            yield from self._array(schema, given, where)
        elif kind == "string":
            yield from self._string(schema, given, where)
        elif kind in ("integer", "number", "boolean"):
            yield from self._plain(kind, given, where)

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

    def _object(self, schema: Json, given: Any, where: str) -> Iterator[Violation]:
        if not isinstance(given, dict):
            yield self._wrong(where, f"is {given!r}, not an object")
            return
        if str(given.get("@type", "")).startswith(_TYPE):
            name = given["@type"].removeprefix(_TYPE)
            schema = _V2.schemas[f"GoogleCloudRunV2{name}"]
            given = {key: item for key, item in given.items() if key != "@type"}
        known, others = schema.get("properties", {}), schema.get("additionalProperties")
        for key, item in given.items():
            inner = known.get(key, others)
            if inner is None:
                yield self._wrong(f"{where}.{key}", "is no field of Google's")
            else:
                yield from self.value(inner, item, f"{where}.{key}")

    def _array(self, schema: Json, given: Any, where: str) -> Iterator[Violation]:
        if not isinstance(given, list):
            yield self._wrong(where, f"is {given!r}, not a list")
            return
        for number, item in enumerate(given):
            yield from self.value(schema["items"], item, f"{where}[{number}]")

    def _string(self, schema: Json, given: Any, where: str) -> Iterator[Violation]:
        if "enum" in schema and self._numbers:
            if not isinstance(given, int) or isinstance(given, bool):
                yield self._wrong(where, f"is {given!r}, not an enum's number")
        elif not isinstance(given, str):
            yield self._wrong(where, f"is {given!r}, not a string")
        elif "enum" in schema and given not in schema["enum"]:
            yield self._wrong(where, f"is {given!r}, not one of Google's names")
        elif (form := _FORMATS.get(schema.get("format", ""))) and not form.fullmatch(given):
            yield self._wrong(where, f"is {given!r}, not a {schema['format']}")

    def _plain(self, kind: str, given: Any, where: str) -> Iterator[Violation]:
        types: dict[str, tuple[type, ...]]
        types = {"integer": (int,), "number": (int, float), "boolean": (bool,)}
        is_truth = isinstance(given, bool)
        if not isinstance(given, types[kind]) or is_truth != (kind == "boolean"):
            yield self._wrong(where, f"is {given!r}, not {kind}")

    def _wrong(self, where: str, what: str) -> Violation:
        return Violation(self._call, where, what)


def _query(
    call: str, description: _Description, method: Json, query: Mapping[str, str]
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


@cache
def _document(name: str) -> Json:
    files = importlib.resources.files("googleapiclient.discovery_cache")
    text = files.joinpath("documents", f"{name}.json").read_bytes()
    return msgspec.json.decode(text, type=Json)


@cache
def _methods(name: str) -> list[tuple[str, re.Pattern[str], Json]]:
    found: list[tuple[str, re.Pattern[str], Json]] = []
    pending = [_document(name)]
    while pending:
        resource = pending.pop()
        pending.extend(resource.get("resources", {}).values())
        for method in resource.get("methods", {}).values():
            path = method.get("flatPath") or _document(name)["servicePath"] + method["path"]
            pattern = re.sub(r"\\\{(\w+)\\\}", lambda name: _word(name[1]), re.escape(path))
            found.append((method["httpMethod"], re.compile("/" + pattern), method))
    return found


def _word(name: str) -> str:
    """An image's name ends in its digest; no other word but an object's has a colon or a slash."""
    return ".+" if name in ("dockerImagesId", "object") else "[^/:]+"


_V2, _V1 = _Description("run.v2"), _Description("run.v1")
_SCHEDULER, _TASKS = _Description("cloudscheduler.v1"), _Description("cloudtasks.v2")
_SECRETS = _Description("secretmanager.v1")
_MONITORING = _Description("monitoring.v3")
_ACCESS = tuple(
    map(_Description, ("cloudresourcemanager.v3", "iam.v1", "oauth2.v2", "serviceusage.v1"))
)
_REGISTRY = _Description("artifactregistry.v1")
_RUN_AND_OTHERS = (_V2, _V1, _SCHEDULER, _TASKS, _MONITORING, _SECRETS, *_ACCESS, _REGISTRY)
_SQL, _SQL_BETA = _Description("sqladmin.v1"), _Description("sqladmin.v1beta4")
_SQL_PATH = re.compile(r"/(v1|sql/v1beta4)/projects/[^/]+/(instances|operations|backups)\b")
_STORAGE = _Description("storage.v1")
_STORAGE_PATH = re.compile(r"/(upload/|download/)?storage/v1/b")
