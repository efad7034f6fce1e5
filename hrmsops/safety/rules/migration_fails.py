"""A migration that failed when it was run."""

from __future__ import annotations

from hrmsops.safety.event import Event
from hrmsops.safety.rule import Rule, Verdict


def check(event: Event) -> Verdict | None:
    """Reading cannot tell: a trace does."""
    return None


RULE = Rule(
    id="migration-fails",
    when="`hrmsops check --trace` ran the migration on tables with three rows, and it failed.",
    effect="It fails on the real database too, if the rows there are alike.",
    instead="Make it pass `hrmsops check --trace` first: its SQLSTATE says what {table} refuses.",
    bad="",
    good="",
    looks_at=(),
    check=check,
)
