"""The page of what `--json` writes, and a JSON Schema beside it for each kind of document."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

from docs.json_kinds import Kind, kinds, with_option
from docs.json_schemas import Json, schema_file, schema_of
from docs.markdown import page, table

INTRODUCTION = """\
Under `--json` a command writes one document to stdout, on one line, and its talk to stderr. Its
first fields are `schema`, the version of all that stands here, and `kind` (which a [check](#check)
does not say). Where a command ends before it has a document, the one of kind [`error`](#error)
takes its place; the exit code says which it is. Within one `schema` fields may be added, and none
goes or changes its meaning: take what you need, and pass over what you do not know.

Each kind has a [JSON Schema](https://json-schema.org/) (2020-12) here, which an installed hrmsops
has in `share/hrmsops/schemas/` too. hrmsops's own tests hold every document that they meet against
its schema, and allow no field that is not in it."""


def json_page() -> str:
    """Every kind: who writes it, and its fields."""
    rows = ((f"[`{each.name}`](#{each.name})", _commands(each)) for each in kinds().values())
    return page(
        "JSON",
        INTRODUCTION,
        table(("kind", "written by"), rows),
        *(block for each in kinds().values() for block in _blocks(each)),
    )


def schema_files() -> dict[str, Callable[[], str]]:
    """Each schema by the name of its file below the reference."""
    return {f"schemas/{name}.json": partial(schema_file, kind) for name, kind in kinds().items()}


def _commands(kind: Kind) -> str:
    if kind.commands == with_option("--json"):
        return "each of them"
    return ", ".join(f"`{each}`" for each in kind.commands)


def _blocks(kind: Kind) -> Iterator[str]:
    schema = schema_of(kind)
    yield f"## {kind.name}"
    for number, top in enumerate(schema.get("anyOf", [schema])):
        word = "Or: " if number else ""
        yield f"{word}{top['description']}"
        if not number:
            yield f"Schema: [{kind.name}.json](schemas/{kind.name}.json)"
        yield _fields({n: f for n, f in top["properties"].items() if "const" not in f}, top)
    for name, part in schema.get("$defs", {}).items():
        if "properties" in part:
            yield f"**{name}**: {part['description']}"
            yield _fields(part["properties"], part)


def _fields(fields: Json, whole: Json) -> str:
    return table(
        ("field", "type", "meaning"),
        (
            (_named(name, whole), _type(field), field.get("description", ""))
            for name, field in fields.items()
        ),
    )


def _named(name: str, whole: Json) -> str:
    return f"`{name}`" if name in whole["required"] else f"`{name}` (may be absent)"


def _type(field: Any) -> str:
    """Such as "list of string" or "`RunStep` or null"."""
    match field:
        case {"$ref": str(reference)}:
            return f"`{reference.rpartition('/')[2]}`"
        case {"anyOf": list(choices)}:
            return " or ".join(map(_type, choices))
        case {"enum": list(words)}:
            return ", ".join(f"`{word}`" for word in words)
        case {"format": "date-time"}:
            return "moment (RFC 3339)"
        case {"type": "array" | "object"}:
            return _collection(field)
    return str(field.get("type", "anything"))


def _collection(field: Json) -> str:
    match field:
        case {"type": "array", "prefixItems": list(parts)}:
            return f"list of {' and '.join(map(_type, parts))}"
        case {"type": "array", "items": dict(each)}:
            return f"list of {_type(each)}"
        case {"type": "object", "additionalProperties": dict(each)}:
            return f"{_type(each)} by name"
    return str(field["type"])
