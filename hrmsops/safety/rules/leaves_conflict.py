"""Two last migrations in one app."""

from __future__ import annotations

from hrmsops.safety.event import Event
from hrmsops.safety.rule import Rule, Verdict


def check(event: Event) -> Verdict | None:
    """Found in the graph, not in an effect."""
    return None


RULE = Rule(
    id="leaves-conflict",
    when="An app has two migrations that nothing comes after, as when two branches each added one.",
    effect="migrate refuses to begin: it does not choose an order.",
    instead="Run `python manage.py makemigrations {app} --merge`, or renumber the later one.",
    bad="",
    good="",
    looks_at=(),
    check=check,
)
