"""TRUNCATE."""

from __future__ import annotations

from hrmsops.safety import effects as e
from hrmsops.safety.event import Event
from hrmsops.safety.judging import unless_new
from hrmsops.safety.rule import Rule, Verdict


def check(event: Event) -> Verdict | None:
    effect = event.effect
    severity = unless_new(event, "danger")
    if not isinstance(effect, e.Truncate) or severity is None:
        return None
    more = ", and every table that refers to it" if effect.cascades else ""
    return Verdict(
        severity=severity,
        why=f"{event.said_rows()}{more} is emptied for good.",
        lock="ACCESS EXCLUSIVE",
        blocks="reads and writes",
    )


RULE = Rule(
    id="table-emptied",
    when="A table is emptied by TRUNCATE.",
    effect="Its rows are lost, and readers and writers wait for the lock.",
    instead="Take a backup, and empty {table} outside of the deploy.",
    bad="""\
operations = [
    migrations.RunSQL("TRUNCATE employees_badge", migrations.RunSQL.noop),
]""",
    good="""\
operations = [
    migrations.RunSQL("COMMENT ON TABLE employees_badge IS 'TRUNCATE me'", migrations.RunSQL.noop),
]""",
    looks_at=(e.Truncate,),
    check=check,
    guide="RunSQL with DROP TABLE/TRUNCATE",
)
