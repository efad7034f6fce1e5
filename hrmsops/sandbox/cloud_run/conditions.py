"""Conditions: what Cloud Run says about each resource, in the v2 API's shape."""

from __future__ import annotations

from collections.abc import Iterable

from hrmsops.sandbox.state import Json

SUCCEEDED = "CONDITION_SUCCEEDED"
FAILED = "CONDITION_FAILED"
RECONCILING = "CONDITION_RECONCILING"
PENDING = "CONDITION_PENDING"


def condition(
    kind: str,
    state: str,
    *,
    at: str,
    message: str = "",
    severity: str = "",
    reasons: Json | None = None,
) -> Json:
    """One condition. `reasons` holds one of `reason`, `revisionReason`, `executionReason`."""
    made: Json = {"type": kind, "state": state, "lastTransitionTime": at}
    if message:
        made["message"] = message
    if severity:
        made["severity"] = severity
    return {**made, **(reasons or {})}


def find(conditions: Iterable[Json], kind: str) -> Json:
    """The condition of that type, or an empty one."""
    return next((each for each in conditions if each["type"] == kind), {})


def reasons_of(given: Json) -> Json:
    """The one reason that a condition bears, under its field's name."""
    return {
        field: given[field]
        for field in ("reason", "revisionReason", "executionReason")
        if field in given
    }


def is_ready(resource: Json) -> bool:
    """Whether the Ready condition of a revision has succeeded."""
    return bool(find(resource.get("conditions", ()), "Ready").get("state") == SUCCEEDED)


def settled(before: Iterable[Json], after: list[Json]) -> list[Json]:
    """The new conditions, each with its old transition time where its state has not changed."""
    old = {each["type"]: each for each in before}
    for each in after:
        was = old.get(each["type"], {})
        if was.get("state") == each["state"]:
            each["lastTransitionTime"] = was["lastTransitionTime"]
    return after


def of_revision(state: str, *, at: str, activity: str, failure: Json | None = None) -> list[Json]:
    """A revision's conditions. `activity` is "" (it serves), RESERVE (a tag's) or RETIRED.

    As read on the real API: a retired revision stays Ready and bears the reason, its Active
    condition fails with severity INFO. `failure` is `{message, reason|revisionReason}`.
    """
    if failure is not None:
        message, reasons = failure["message"], reasons_of(failure)
        return [
            condition("Ready", FAILED, at=at, message=message, reasons=reasons),
            condition("ContainerHealthy", FAILED, at=at, message=message, reasons=reasons),
            condition("ResourcesAvailable", SUCCEEDED, at=at),
        ]
    if state != SUCCEEDED:
        return [
            condition("Ready", state, at=at, message="Deploying revision."),
            condition("ContainerHealthy", state, at=at),
            condition("ResourcesAvailable", state, at=at),
        ]
    idle: Json = {"revisionReason": activity} if activity else {}
    message = {"RETIRED": "Revision retired.", "RESERVE": "Revision is in reserve."}.get(activity)
    active = (
        condition("Active", FAILED, at=at, message=message, severity="INFO", reasons=idle)
        if message
        else condition("Active", SUCCEEDED, at=at, severity="INFO")
    )
    return [
        condition("Ready", SUCCEEDED, at=at, reasons=idle),
        active,
        condition("ContainerHealthy", SUCCEEDED, at=at),
        condition("ContainerReady", SUCCEEDED, at=at),
        condition(
            "ResourcesAvailable",
            RECONCILING if activity == "RETIRED" else SUCCEEDED,
            at=at,
            reasons=idle,
        ),
    ]
