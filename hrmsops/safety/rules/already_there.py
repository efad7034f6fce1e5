"""A table or a column that is made although it is there."""

from __future__ import annotations

from hrmsops.safety import effects as e
from hrmsops.safety.event import Event
from hrmsops.safety.rule import Rule, Verdict


def check(event: Event) -> Verdict | None:
    effect = event.effect
    known = event.before.find(event.table)
    if known is None:
        return None
    if isinstance(effect, e.CreateTable) and not effect.if_not_exists:
        what = f"The table {event.table}"
    elif isinstance(effect, e.AddColumn) and effect.column.name in known.columns:
        what = f"The column {event.table}.{effect.column.name}"
    else:
        return None
    return Verdict(
        severity="danger",
        why=f"{what} is there already, made by an earlier migration: this one fails.",
        breaks=("the migration",),
    )


RULE = Rule(
    id="already-there",
    when="A migration makes a table or a column that an earlier one has made, often by RunSQL.",
    effect="PostgreSQL refuses it, and the migration fails.",
    instead="Put the operation into `state_operations` of SeparateDatabaseAndState, since the "
    "database has {table} as it should be.",
    bad="""\
operations = [
    migrations.RunSQL("ALTER TABLE employees_employee ADD COLUMN grade integer", "SELECT 1"),
    migrations.AddField("employee", "grade", models.IntegerField(null=True)),
]""",
    good="""\
operations = [
    migrations.RunSQL(
        "ALTER TABLE employees_employee ADD COLUMN grade integer",
        "SELECT 1",
        state_operations=[
            migrations.AddField("employee", "grade", models.IntegerField(null=True)),
        ],
    ),
]""",
    looks_at=(e.CreateTable, e.AddColumn),
    check=check,
)
