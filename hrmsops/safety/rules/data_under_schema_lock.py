"""Rows that are written while a schema change holds its lock."""

from __future__ import annotations

from hrmsops.safety import effects as e
from hrmsops.safety.event import Event
from hrmsops.safety.judging import STRONG, said
from hrmsops.safety.rule import Rule, Verdict

GROWING = ("all", "some", "batch")


def check(event: Event) -> Verdict | None:
    effect = event.effect
    if not isinstance(effect, e.WriteRows) or effect.by == "operation" or not event.in_transaction:
        return None
    if effect.scope not in GROWING:
        return None
    held = next((each for each in event.earlier if _holds(event, each)), None)
    size = event.size(effect.source or None)
    if held is None or size == "new":
        return None
    return Verdict(
        severity={"large": "danger", "unknown": "warning", "small": "info"}[size],  # type: ignore[arg-type]
        why=f"{said(held).capitalize()} on {held.table} before, in the same transaction: nobody "
        "reads or writes that table until all rows are written.",
        lock="ACCESS EXCLUSIVE",
        blocks="reads and writes",
    )


def _holds(event: Event, effect: e.Effect) -> bool:
    return isinstance(effect, STRONG) and event.size(effect.table) != "new"


RULE = Rule(
    id="data-under-schema-lock",
    when="An atomic migration changes a table, and then writes many rows.",
    effect="The ACCESS EXCLUSIVE lock of the schema change is held until the rows are written.",
    instead="Put the schema change and the data in migrations of their own.",
    bad="""\
operations = [
    migrations.AddField("employee", "grade", models.IntegerField(null=True)),
    migrations.RunSQL("UPDATE employees_employee SET grade = 1", migrations.RunSQL.noop),
]""",
    good="""\
operations = [
    migrations.AddField("employee", "grade", models.IntegerField(null=True)),
]""",
    looks_at=(e.WriteRows,),
    check=check,
)
