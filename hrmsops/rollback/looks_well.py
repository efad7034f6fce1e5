"""Whether anything is wrong at all: a tree of ways back leads to one also where nothing is."""

from __future__ import annotations

from hrmsops.rollback.known import Known
from hrmsops.rollback.request_evidence import verdict
from hrmsops.rollback.sighting import Sighting


def looks_well(seen: Sighting, damaged: Known) -> str:
    """What speaks against going back; "" where something is wrong, or too little is known."""
    health, schema, service = seen.health.value, seen.schema.value, seen.service.value
    if damaged.is_yes or health is None or schema is None or service is None:
        return ""
    serving = [name for name, _ in service.service.statuses.shares]
    bad = [name for name in serving if verdict(name, seen.requests.value)]
    if health.verdict != "healthy" or bad or not all(schema.checks.values()):
        return ""
    checks = ", every check is true" if schema.checks else ""
    return f"healthy{checks}, and next to none of its counted requests failed"
