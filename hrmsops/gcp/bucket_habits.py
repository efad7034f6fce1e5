"""What a bucket does by itself with what is kept in it, as its settings say."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import timedelta
from typing import Any, Self

import msgspec

_OF_OLD_VERSIONS = ("daysSinceNoncurrentTime", "noncurrentTimeBefore", "numNewerVersions")
"""Conditions of a rule that what is current never meets."""


class Habits(msgspec.Struct, frozen=True, kw_only=True):
    """Of one bucket, as far as they concern records under one prefix.

    `keeps_for` None: what is there may be written over. `comes_back_for`: so long what was deleted
    can be brought back.
    """

    keeps_for: timedelta | None
    is_locked: bool
    holds_each: bool
    has_versions: bool
    deletes_by_rule: bool
    comes_back_for: timedelta

    @classmethod
    def of(cls, bucket: Any, *, prefix: str) -> Self:
        """Of a `google.cloud.storage.Bucket` that was read."""
        period = bucket.retention_period
        soft = bucket.soft_delete_policy.retention_duration_seconds
        return cls(
            keeps_for=timedelta(seconds=int(period)) if period else None,
            is_locked=bool(bucket.retention_policy_locked),
            holds_each=bool(bucket.default_event_based_hold),
            has_versions=bool(bucket.versioning_enabled),
            deletes_by_rule=_deletes(bucket.lifecycle_rules, prefix),
            comes_back_for=timedelta(seconds=int(soft or 0)),
        )


def _deletes(rules: Iterable[Mapping[str, Any]], prefix: str) -> bool:
    return any(
        rule.get("action", {}).get("type") == "Delete"
        and _is_met(rule.get("condition", {}), prefix)
        for rule in rules
    )


def _is_met(condition: Mapping[str, Any], prefix: str) -> bool:
    """Whether a record may come to meet it."""
    if condition.get("isLive") is False or any(condition.get(each) for each in _OF_OLD_VERSIONS):
        return False
    named = condition.get("matchesPrefix") or [""]
    return any(prefix.startswith(each) or each.startswith(prefix) for each in named)
