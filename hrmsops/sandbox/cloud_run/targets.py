"""Traffic: which revision gets how many of a hundred requests, and which tag names it."""

from __future__ import annotations

import re
from collections.abc import Iterable

from hrmsops.sandbox.api import ApiError, invalid
from hrmsops.sandbox.cloud_run.names import short
from hrmsops.sandbox.state import Json

LATEST = "TRAFFIC_TARGET_ALLOCATION_TYPE_LATEST"
REVISION = "TRAFFIC_TARGET_ALLOCATION_TYPE_REVISION"
_TAG = re.compile(r"[a-z]([-a-z0-9]{0,44}[a-z0-9])?")
_FIELDS = ("type", "revision", "percent", "tag")


def asked(traffic: Iterable[Json]) -> list[Json]:
    """The targets as they are kept: known fields only, short revision names, no zeros.

    Raises ApiError 400 for what Cloud Run refuses before it begins: percents that do not sum to
    100, a tag twice, a target that names no revision. That a revision exists is only found out
    while reconciling, as on the real one.
    """
    kept = [_clean(target) for target in traffic]
    if not kept:
        return []
    total = sum(target.get("percent", 0) for target in kept)
    if total != 100:
        raise invalid(
            f"Traffic targets must sum up to 100 percent, but sum up to {total}.",
            field_name="traffic",
        )
    tags = [target["tag"] for target in kept if "tag" in target]
    for tag in tags:
        if tags.count(tag) > 1:
            raise invalid(f"Traffic tag '{tag}' is assigned more than once.", field_name="traffic")
    return kept


def in_force(service: Json) -> list[Json]:
    """What `traffic` means: an empty one is all to the latest ready revision."""
    return service.get("traffic") or [{"type": LATEST, "percent": 100}]


def revision_of(target: Json, service: Json) -> str:
    """The short name of the revision that a target leads to; "" when none is ready yet."""
    if target["type"] == LATEST:
        return short(service.get("latestReadyRevision", ""))
    return str(target["revision"])


def is_pinned(service: Json) -> bool:
    """Whether every target names its revision, so that a deploy changes nothing that serves."""
    return all(target["type"] == REVISION for target in in_force(service))


def gone(revision: str) -> ApiError:
    """What a traffic update to a deleted revision ends in, as seen on the real API."""
    return ApiError(
        500,
        f"Revision '{revision}' does not exist or is deleted."
        " Update all traffic to route to currently available revisions.",
    )


def _clean(target: Json) -> Json:
    kept = {field: target[field] for field in _FIELDS if target.get(field)}
    if "revision" in kept:
        kept["revision"] = short(kept["revision"])
    kind = kept.setdefault("type", REVISION if "revision" in kept else LATEST)
    if kind not in (LATEST, REVISION):
        raise invalid(f"Invalid traffic target type: {kind}", field_name="traffic.type")
    if (kind == REVISION) != ("revision" in kept):
        raise invalid(
            "A traffic target of type REVISION names a revision; one of type LATEST names none.",
            field_name="traffic.revision",
        )
    _check_numbers(kept)
    return kept


def _check_numbers(target: Json) -> None:
    percent = target.get("percent", 0)
    if not (isinstance(percent, int) and 0 <= percent <= 100):
        raise invalid(f"Invalid traffic percent: {percent}", field_name="traffic.percent")
    tag = target.get("tag", "a")
    if not (isinstance(tag, str) and _TAG.fullmatch(tag)):
        raise invalid(f"Invalid traffic tag: '{tag}'", field_name="traffic.tag")
