"""What `--json` wrote, held against its schema in docs/reference: every document that a test meets.

The schemas are open for whoever reads them, and closed here: a field that is in none is an error.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from pathlib import Path
from typing import Any

SCHEMAS = Path(__file__).parent.parent / "docs" / "reference" / "schemas"
WRITTEN_BY = "Written by: "
UNSAID = "check"
"""The one kind that its document does not name."""


def hold(out: str, *, written_by: Sequence[str]) -> None:
    """Raise AssertionError where `out` is a document that is not as its schema says."""
    document = _document(out)
    if document is not None:
        check(document, command=_command(list(written_by)))


def _command(words: list[str]) -> str:
    """What was typed after `hrmsops`, "" where another program typed it."""
    if "hrmsops" in words:
        return " ".join(words[words.index("hrmsops") + 1 :])
    return "" if Path(words[0]).is_absolute() else " ".join(words)


def check(document: dict[str, Any], *, command: str = "") -> None:
    """Raise AssertionError where it is not as the schema of its kind says.

    Where the `command` is known, it is one that the schema knows too.
    """
    kind = document.get("kind", UNSAID)
    schema, validator = _held(kind)
    problems = list(_told(validator.iter_errors(document)))
    assert problems == [], f"{kind}: {problems}"
    known = schema["$comment"].removeprefix(WRITTEN_BY).split(", ")
    assert not command or any(f"{command} ".startswith(f"{each} ") for each in known), (
        f"A document of kind {kind} is written by: {command}"
    )


def _told(errors: Iterable[Any]) -> Iterator[str]:
    """Of several schemas none of which fits: what each of them says."""
    for error in errors:
        own = f"{error.json_path}: {error.message}"
        yield from _told(error.context) if error.context else (own,)


def closed(schema: Any) -> Any:
    """The schema, with no other fields than it names where it does not say that it is open."""
    if isinstance(schema, list):
        return [closed(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    found = {name: closed(each) for name, each in schema.items()}
    if isinstance(found.get("properties"), dict) and found.get("type") == "object":
        found.setdefault("additionalProperties", False)
    return found


@cache
def _held(kind: str) -> tuple[dict[str, Any], Any]:
    from jsonschema import Draft202012Validator

    schema = json.loads((SCHEMAS / f"{kind}.json").read_text(encoding="utf-8"))
    return schema, Draft202012Validator(closed(schema))


def _document(out: str) -> dict[str, Any] | None:
    """What is written there, if that is one document of ours."""
    if not out.startswith("{"):
        return None
    try:
        found = json.loads(out)
    except ValueError:
        return None
    is_ours = "schema" in found and ("kind" in found or "findings" in found)
    return found if is_ours else None
