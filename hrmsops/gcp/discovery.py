"""Replies held against Google's own description of its APIs, as googleapiclient ships it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

import msgspec

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


class Description:
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

    def method(self, verb: str, path: str) -> Json | None:
        """What is called so, None where Google describes no such method."""
        for known, pattern, method in self._methods:
            if known == verb and pattern.fullmatch(path):
                return method
        return None

    @property
    def _document(self) -> Json:
        return _document(self._name)

    @property
    def _methods(self) -> list[tuple[str, re.Pattern[str], Json]]:
        return _methods(self._name)


class Reading:
    """One reply, read beside its schema; `shown` is how a value is told that is not right."""

    def __init__(
        self,
        call: str,
        description: Description,
        *,
        numbers: bool = False,
        shown: Callable[[Any], str] = repr,
    ) -> None:
        self._call, self._described, self._numbers = call, description, numbers
        self._shown = shown

    def value(self, schema: Json, given: Any, where: str) -> Iterator[Violation]:
        """Each place below `where` that is not as the schema says."""
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

    def _object(self, schema: Json, given: Any, where: str) -> Iterator[Violation]:
        if not isinstance(given, dict):
            yield self._wrong(where, f"is {self._shown(given)}, not an object")
            return
        if str(given.get("@type", "")).startswith(_TYPE):
            name = given["@type"].removeprefix(_TYPE)
            schema = Description("run.v2").schemas[f"GoogleCloudRunV2{name}"]
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
            yield self._wrong(where, f"is {self._shown(given)}, not a list")
            return
        for number, item in enumerate(given):
            yield from self.value(schema["items"], item, f"{where}[{number}]")

    def _string(self, schema: Json, given: Any, where: str) -> Iterator[Violation]:
        if "enum" in schema and self._numbers:
            if not isinstance(given, int) or isinstance(given, bool):
                yield self._wrong(where, f"is {self._shown(given)}, not an enum's number")
        elif not isinstance(given, str):
            yield self._wrong(where, f"is {self._shown(given)}, not a string")
        elif "enum" in schema and given not in schema["enum"]:
            yield self._wrong(where, f"is {self._shown(given)}, not one of Google's names")
        elif (form := _FORMATS.get(schema.get("format", ""))) and not form.fullmatch(given):
            yield self._wrong(where, f"is {self._shown(given)}, not a {schema['format']}")

    def _plain(self, kind: str, given: Any, where: str) -> Iterator[Violation]:
        types: dict[str, tuple[type, ...]]
        types = {"integer": (int,), "number": (int, float), "boolean": (bool,)}
        is_truth = isinstance(given, bool)
        if not isinstance(given, types[kind]) or is_truth != (kind == "boolean"):
            yield self._wrong(where, f"is {self._shown(given)}, not {kind}")

    def _wrong(self, where: str, what: str) -> Violation:
        return Violation(self._call, where, what)


@cache
def _document(name: str) -> Json:
    from googleapiclient.discovery_cache import get_static_doc

    return msgspec.json.decode(get_static_doc(*name.split(".")), type=Json)


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
