"""What a trace measured of an operation that is harmless."""

from __future__ import annotations

from hrmsops.safety.event import Event
from hrmsops.safety.rule import Rule, Verdict


def check(event: Event) -> Verdict | None:
    """Reading measures nothing: a trace does."""
    return None


RULE = Rule(
    id="traced",
    when="`hrmsops check --trace` ran the operation, and nothing that takes long or is lost was "
    "seen.",
    effect="It holds its locks for a moment, however large the table is.",
    instead="Nothing: it is good news.",
    bad="",
    good="",
    looks_at=(),
    check=check,
)
