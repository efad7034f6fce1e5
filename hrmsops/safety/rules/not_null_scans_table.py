"""A NOT NULL that reads every row, or finds one that has none."""

from __future__ import annotations

from hrmsops.safety import effects as e
from hrmsops.safety.event import Event
from hrmsops.safety.judging import as_long_as
from hrmsops.safety.rule import Rule, Verdict

FIRST_WITH_PROOF = 12


def check(event: Event) -> Verdict | None:
    effect = event.effect
    if not isinstance(effect, e.SetNotNull) or event.size() == "new":
        return None
    known = event.picture.columns.get(effect.column)
    if known is not None and known.not_null:
        return None
    if proof := _proof(event, effect):
        return Verdict(
            severity="info",
            why=f"The validated CHECK {proof} shows that {effect.column} is never NULL, so no row "
            "is read.",
            lock="ACCESS EXCLUSIVE",
        )
    return Verdict(
        severity="danger" if event.size() == "large" else "warning",
        why=f"Every row of {event.said_rows()} is read while nobody reads or writes it: "
        f"{as_long_as(event)}. It fails where {effect.column} is NULL, and so does code that still "
        "writes NULL.",
        lock="ACCESS EXCLUSIVE",
        blocks="reads and writes",
    )


def _proof(event: Event, effect: e.SetNotNull) -> str:
    if event.target_pg < FIRST_WITH_PROOF:
        return ""
    return next(
        (
            each.name or "on it"
            for each in event.picture.constraints
            if each.is_valid and each.proves_not_null == effect.column
        ),
        "",
    )


RULE = Rule(
    id="not-null-scans-table",
    when="A column of an existing table becomes NOT NULL.",
    effect="All rows are read under ACCESS EXCLUSIVE; with a `default` Django first updates every "
    "NULL in one statement. One NULL that is left fails it.",
    instead="Fill {column} in batches, add CHECK ({column} IS NOT NULL) NOT VALID, validate it in "
    "a migration of its own; then SET NOT NULL reads nothing, and the CHECK can go.",
    bad="""\
operations = [
    migrations.AlterField("employee", "nickname", models.CharField(max_length=50, default="")),
]""",
    good="""\
atomic = False
operations = [
    migrations.RunSQL(
        "ALTER TABLE employees_employee ADD CONSTRAINT has_bonus "
        "CHECK (bonus IS NOT NULL) NOT VALID",
        "ALTER TABLE employees_employee DROP CONSTRAINT has_bonus",
    ),
    migrations.RunSQL(
        "ALTER TABLE employees_employee VALIDATE CONSTRAINT has_bonus", migrations.RunSQL.noop
    ),
    migrations.RunSQL(
        "ALTER TABLE employees_employee ALTER COLUMN bonus SET NOT NULL",
        "ALTER TABLE employees_employee ALTER COLUMN bonus DROP NOT NULL",
    ),
]""",
    looks_at=(e.SetNotNull,),
    check=check,
    guide="AlterField on large table",
)
