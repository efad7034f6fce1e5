"""A unique index that is built while nobody can read or write."""

from __future__ import annotations

from hrmsops.safety import effects as e
from hrmsops.safety.event import Event
from hrmsops.safety.judging import as_long_as
from hrmsops.safety.report import Severity
from hrmsops.safety.rule import Rule, Verdict

WORDS = {"unique": "unique", "primary": "a primary key", "exclude": "exclusive"}


def check(event: Event) -> Verdict | None:
    effect = event.effect
    if not isinstance(effect, e.AddConstraint) or effect.kind not in WORDS or effect.uses_index:
        return None
    size = event.size()
    if size == "new":
        return None
    can_collide = not effect.hidden_in
    if size == "large":
        severity: Severity = "danger"
    else:
        severity = "warning" if size == "unknown" or can_collide else "info"
    where = ", ".join(effect.columns) or "it"
    fails = " It fails where two rows are equal." if can_collide else ""
    return Verdict(
        severity=severity,
        why=f"{event.said_rows()} takes no reads and writes while the index is built that keeps "
        f"{where} {WORDS[effect.kind]}: {as_long_as(event)}.{fails}",
        lock="ACCESS EXCLUSIVE",
        blocks="reads and writes",
    )


RULE = Rule(
    id="unique-blocks-table",
    when="A unique, primary or exclusion constraint is added to an existing table, also by a "
    "field's own `unique`, by OneToOneField or by `unique_together`.",
    effect="The index is built under ACCESS EXCLUSIVE: reads wait as well. On duplicates it fails.",
    instead="Build it beside the traffic: CREATE UNIQUE INDEX CONCURRENTLY on {table} ({column}) "
    "in a migration with `atomic = False`, then ALTER TABLE … ADD CONSTRAINT … UNIQUE USING INDEX, "
    "with SeparateDatabaseAndState for Django's state.",
    bad="""\
operations = [
    migrations.AddConstraint(
        "employee", models.UniqueConstraint(fields=["email"], name="employee_email_once")
    ),
]""",
    good="""\
atomic = False
operations = [
    migrations.RunSQL(
        "CREATE UNIQUE INDEX CONCURRENTLY employee_email_once ON employees_employee (email)",
        "DROP INDEX CONCURRENTLY employee_email_once",
    ),
    migrations.RunSQL(
        "ALTER TABLE employees_employee ADD CONSTRAINT employee_email_once "
        "UNIQUE USING INDEX employee_email_once",
        "ALTER TABLE employees_employee DROP CONSTRAINT employee_email_once",
    ),
]""",
    looks_at=(e.AddConstraint,),
    check=check,
)
