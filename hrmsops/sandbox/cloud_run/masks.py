"""Field masks: which part of a resource a PATCH speaks of (AIP-134, google.protobuf.FieldMask)."""

from __future__ import annotations

import copy
import re
from collections.abc import Iterable, Sequence

from hrmsops.sandbox.api import invalid
from hrmsops.sandbox.state import Json


def merged(before: Json, sent: Json, *, mask: str, writable: Iterable[str]) -> Json:
    """The whole writable part after a PATCH.

    With a mask only its paths are taken from `sent`, and what is absent there is cleared; without
    one, or with `*`, everything writable is replaced by what was sent.
    """
    fields = tuple(writable)
    if mask in ("", "*"):
        return {field: sent[field] for field in fields if field in sent}
    after = {field: copy.deepcopy(before[field]) for field in fields if field in before}
    for path in mask.split(","):
        parts = [_camel(part) for part in path.strip().split(".")]
        if parts[0] in fields:
            _move(sent, after, parts)
        elif parts[0] not in before and parts[0] not in sent:
            raise invalid(f"Invalid field mask path: {path}", field_name="updateMask")
    return after


def _move(source: Json, target: Json, parts: Sequence[str]) -> None:
    for part in parts[:-1]:
        inner_source, inner_target = source.get(part, {}), target.setdefault(part, {})
        if not (isinstance(inner_source, dict) and isinstance(inner_target, dict)):
            raise invalid(f"Invalid field mask path: {'.'.join(parts)}", field_name="updateMask")
        source, target = inner_source, inner_target
    if parts[-1] in source:
        target[parts[-1]] = source[parts[-1]]
    else:
        target.pop(parts[-1], None)


def _camel(part: str) -> str:
    return re.sub(r"_([a-z])", lambda found: found[1].upper(), part)
