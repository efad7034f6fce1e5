"""JSON Schemas of the documents that `--json` writes, made of the types that those are written by.

They are open: a field that comes later breaks nobody's check. The tests close them, so that a
field without its place here is found (tests/documents.py).
"""

from __future__ import annotations

import json
from typing import Any

import msgspec

from docs.json_kinds import Kind
from docs.json_records import Record, records
from hrmsops.console.documents.runs import PlannedStep, RunStep
from hrmsops.console.output import SCHEMA

Json = dict[str, Any]

DIALECT = "https://json-schema.org/draft/2020-12/schema"
OPEN = (PlannedStep, RunStep)
"""What has more fields than are promised."""


def schema_file(kind: Kind) -> str:
    """The schema as a file."""
    return json.dumps(schema_of(kind), indent=2, ensure_ascii=False) + "\n"


def schema_of(kind: Kind) -> Json:
    """The schema of a kind of document, with `schema` and `kind` at its top."""
    components = components_of(kind)
    tops = [components.pop(each.__name__) for each in kind.types]
    header = {"schema": {"const": SCHEMA}, "kind": {"const": kind.name}}
    if not kind.says_so:
        del header["kind"]
    for top in tops:
        top["properties"] = {**header, **top["properties"]}
        top["required"] = [*header, *top["required"]]
        top.pop("title", None)
    whole = tops[0] if len(tops) == 1 else {"anyOf": tops}
    named = {
        "$schema": DIALECT,
        "$id": f"urn:hrmsops:{SCHEMA}:{kind.name}",
        "$comment": f"Written by: {', '.join(kind.commands)}",
        "title": kind.name,
    }
    return {**named, **whole, **({"$defs": components} if components else {})}


def components_of(kind: Kind) -> dict[str, Json]:
    """The schema of each type that a kind is made of, by the type's name."""
    _, components = msgspec.json.schema_components(
        kind.types, schema_hook=lambda _type: {"type": "string"}, ref_template="#/$defs/{name}"
    )
    found = records(kind.types)
    for name, component in components.items():
        if "properties" in component:
            _complete(component, found[name])
    return components


def _complete(component: Json, record: Record) -> None:
    """What msgspec does not say: order and meaning of fields, moments, and what is always there."""
    known = component["properties"]
    component["properties"] = {name: known[name] for name in record.meanings}
    for name, meaning in record.meanings.items():
        known[name].pop("default", None)
        if meaning:
            known[name]["description"] = meaning
        if name in record.moments:
            _tell_moment(known[name])
    if record.is_whole:
        component["required"] = list(component["properties"])
    component.setdefault("required", [])
    component["description"] = record.about
    if record.of in OPEN:
        component["additionalProperties"] = True


def _tell_moment(field: Json) -> None:
    for each in field.get("anyOf", [field]):
        if each.get("type") == "string":
            each["format"] = "date-time"
