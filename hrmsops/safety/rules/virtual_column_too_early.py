"""A virtual generated column before PostgreSQL 18."""

from __future__ import annotations

from hrmsops.safety import effects as e
from hrmsops.safety.event import Event
from hrmsops.safety.judging import unless_new
from hrmsops.safety.rule import Rule, Verdict

FIRST = 18


def check(event: Event) -> Verdict | None:
    effect = event.effect
    if not isinstance(effect, e.AddColumn) or effect.column.generated != "virtual":
        return None
    severity = unless_new(event, "danger")
    if severity is None or event.target_pg >= FIRST:
        return None
    return Verdict(
        severity=severity,
        why=f"PostgreSQL {event.target_pg} knows no virtual columns: the migration fails.",
        breaks=("the migration",),
    )


RULE = Rule(
    id="virtual-column-too-early",
    when="A generated column that is not stored (`db_persist=False`) is added before PostgreSQL "
    "18.",
    effect="PostgreSQL refuses the statement.",
    instead="Compute {column} in the query, or wait for PostgreSQL 18 (`--target-pg 18`).",
    bad="",
    good="",
    looks_at=(e.AddColumn,),
    check=check,
)
