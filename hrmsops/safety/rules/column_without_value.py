"""A column that must have a value, and has none for the rows that are there."""

from __future__ import annotations

from hrmsops.safety import effects as e
from hrmsops.safety.event import Event
from hrmsops.safety.judging import unless_new
from hrmsops.safety.rule import Rule, Verdict


def check(event: Event) -> Verdict | None:
    effect = event.effect
    if not isinstance(effect, e.AddColumn):
        return None
    column = effect.column
    has_value = effect.fill or column.default or column.generated or column.is_identity
    severity = unless_new(event, "danger")
    if severity is None or not column.not_null or has_value:
        return None
    return Verdict(
        severity=severity,
        why=f"{event.said_rows()} cannot take {column.name}: it is NOT NULL, and the rows that are "
        "there get no value. The migration fails on one row.",
        lock="ACCESS EXCLUSIVE",
        breaks=("the migration",),
    )


RULE = Rule(
    id="column-without-value",
    when="A NOT NULL column without any default is added to a table that has rows.",
    effect="PostgreSQL refuses it (23502), however small the table is.",
    instead="Add {column} to {model} with `null=True` or with a `db_default`; fill it in batches; "
    "make it NOT NULL in a later release.",
    bad="""\
operations = [
    migrations.AddField("employee", "grade", models.IntegerField()),
]""",
    good="""\
operations = [
    migrations.AddField("employee", "grade", models.IntegerField(null=True)),
]""",
    looks_at=(e.AddColumn,),
    check=check,
    guide="AddField NOT NULL without default on large table",
)
