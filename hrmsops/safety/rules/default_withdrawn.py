"""A database default that running code relies on."""

from __future__ import annotations

from hrmsops.safety import effects as e
from hrmsops.safety.event import Event
from hrmsops.safety.judging import unless_new
from hrmsops.safety.rule import Rule, Verdict


def check(event: Event) -> Verdict | None:
    effect = event.effect
    severity = unless_new(event, "danger")
    if not isinstance(effect, e.DropDefault) or severity is None:
        return None
    column = event.picture.columns.get(effect.column)
    if column is None or not column.not_null or not column.default:
        return None
    return Verdict(
        severity=severity,
        why=f"The revision that still runs leaves {effect.table}.{effect.column} to the database's "
        "default; without it its INSERT fails.",
        lock="ACCESS EXCLUSIVE",
        breaks=("old code: INSERT",),
    )


RULE = Rule(
    id="default-withdrawn",
    when="A NOT NULL column loses the default that the database gave it.",
    effect="A revision whose model has `db_default`, or does not know the column, can insert no "
    "more.",
    instead="Keep the default of {column} until the code that relies on it is gone.",
    bad="""\
operations = [
    migrations.AlterField("employee", "status", models.CharField(max_length=20, default="active")),
]""",
    good="""\
operations = [
    migrations.AlterField(
        "employee", "status", models.CharField(max_length=20, db_default="on leave")
    ),
]""",
    looks_at=(e.DropDefault,),
    check=check,
)
