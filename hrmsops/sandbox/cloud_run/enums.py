"""Cloud Run's enums: names and numbers, since Google's clients send and ask for either."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def _numbered(*names: str) -> dict[str, int]:
    return {name: number for number, name in enumerate(names) if name}


_TRAFFIC = _numbered(
    "TRAFFIC_TARGET_ALLOCATION_TYPE_UNSPECIFIED",
    "TRAFFIC_TARGET_ALLOCATION_TYPE_LATEST",
    "TRAFFIC_TARGET_ALLOCATION_TYPE_REVISION",
)

# Which of the two a number means when it is sent is for the resource to say: see worker_pools.
_SPLITS = _numbered(
    "INSTANCE_SPLIT_ALLOCATION_TYPE_UNSPECIFIED",
    "INSTANCE_SPLIT_ALLOCATION_TYPE_LATEST",
    "INSTANCE_SPLIT_ALLOCATION_TYPE_REVISION",
)

# By the field's name in JSON; numbers as in google/cloud/run/v2/*.proto. Gaps are reserved.
ENUMS: Mapping[str, Mapping[str, int]] = {
    "type": {**_TRAFFIC, **_SPLITS},
    "state": _numbered(
        "STATE_UNSPECIFIED",
        "CONDITION_PENDING",
        "CONDITION_RECONCILING",
        "CONDITION_FAILED",
        "CONDITION_SUCCEEDED",
    ),
    "severity": _numbered("SEVERITY_UNSPECIFIED", "ERROR", "WARNING", "INFO"),
    "reason": _numbered(
        "COMMON_REASON_UNDEFINED",
        "UNKNOWN",
        "",
        "REVISION_FAILED",
        "PROGRESS_DEADLINE_EXCEEDED",
        "",
        "CONTAINER_MISSING",
        "CONTAINER_PERMISSION_DENIED",
        "CONTAINER_IMAGE_UNAUTHORIZED",
        "CONTAINER_IMAGE_AUTHORIZATION_CHECK_FAILED",
        "ENCRYPTION_KEY_PERMISSION_DENIED",
        "ENCRYPTION_KEY_CHECK_FAILED",
        "SECRETS_ACCESS_CHECK_FAILED",
        "WAITING_FOR_OPERATION",
        "IMMEDIATE_RETRY",
        "POSTPONED_RETRY",
        "INTERNAL",
        "VPC_NETWORK_NOT_FOUND",
    ),
    "revisionReason": _numbered(
        "REVISION_REASON_UNDEFINED",
        "PENDING",
        "RESERVE",
        "RETIRED",
        "RETIRING",
        "RECREATING",
        "HEALTH_CHECK_CONTAINER_ERROR",
        "CUSTOMIZED_PATH_RESPONSE_PENDING",
        "MIN_INSTANCES_NOT_PROVISIONED",
        "ACTIVE_REVISION_LIMIT_REACHED",
        "NO_DEPLOYMENT",
        "HEALTH_CHECK_SKIPPED",
        "MIN_INSTANCES_WARMING",
    ),
    "executionReason": _numbered(
        "EXECUTION_REASON_UNDEFINED",
        "JOB_STATUS_SERVICE_POLLING_ERROR",
        "NON_ZERO_EXIT_CODE",
        "CANCELLED",
        "CANCELLING",
        "DELETED",
        "DELAYED_START_PENDING",
    ),
    "completionStatus": _numbered(
        "COMPLETION_STATUS_UNSPECIFIED",
        "EXECUTION_SUCCEEDED",
        "EXECUTION_FAILED",
        "EXECUTION_RUNNING",
        "EXECUTION_PENDING",
        "EXECUTION_CANCELLED",
    ),
    "ingress": _numbered(
        "INGRESS_TRAFFIC_UNSPECIFIED",
        "INGRESS_TRAFFIC_ALL",
        "INGRESS_TRAFFIC_INTERNAL_ONLY",
        "INGRESS_TRAFFIC_INTERNAL_LOAD_BALANCER",
        "INGRESS_TRAFFIC_NONE",
    ),
    "executionEnvironment": _numbered(
        "EXECUTION_ENVIRONMENT_UNSPECIFIED",
        "EXECUTION_ENVIRONMENT_GEN1",
        "EXECUTION_ENVIRONMENT_GEN2",
    ),
    "encryptionKeyRevocationAction": _numbered(
        "ENCRYPTION_KEY_REVOCATION_ACTION_UNSPECIFIED", "PREVENT_NEW", "SHUTDOWN"
    ),
    "egress": _numbered("VPC_EGRESS_UNSPECIFIED", "ALL_TRAFFIC", "PRIVATE_RANGES_ONLY"),
    "medium": _numbered("MEDIUM_UNSPECIFIED", "MEMORY"),
    "scalingMode": _numbered("SCALING_MODE_UNSPECIFIED", "AUTOMATIC", "MANUAL"),
    # google.api.LaunchStage.
    "launchStage": {
        "LAUNCH_STAGE_UNSPECIFIED": 0,
        "EARLY_ACCESS": 1,
        "ALPHA": 2,
        "BETA": 3,
        "GA": 4,
        "DEPRECATED": 5,
        "UNIMPLEMENTED": 6,
        "PRELAUNCH": 7,
    },
}

# Maps whose keys are the user's own words, never fields.
_FREE = frozenset({"labels", "annotations", "limits", "metadata_labels"})


def with_names(document: Any) -> Any:
    """The same JSON with every enum as a name; unknown numbers are left as they are."""
    return _walk(document, lambda values, given: _name(values, given))


def with_numbers(document: Any) -> Any:
    """The same JSON as `$alt=json;enum-encoding=int` wants it."""
    return _walk(document, lambda values, given: values.get(given, given))


def _name(values: Mapping[str, int], given: Any) -> Any:
    if isinstance(given, bool) or not isinstance(given, int):
        return given
    return next((name for name, number in values.items() if number == given), given)


def _walk(value: Any, translate: Any) -> Any:
    if isinstance(value, list):
        return [_walk(item, translate) for item in value]
    if not isinstance(value, dict):
        return value
    return {
        key: item
        if key in _FREE
        else translate(ENUMS[key], item)
        if key in ENUMS and isinstance(item, (int, str))
        else _walk(item, translate)
        for key, item in value.items()
    }
