"""A column that goes, and its values with it."""

from __future__ import annotations

from hrmsops.safety import effects as e
from hrmsops.safety.event import Event
from hrmsops.safety.judging import unless_new
from hrmsops.safety.rule import Rule, Verdict


def check(event: Event) -> Verdict | None:
    effect = event.effect
    if not isinstance(effect, e.DropColumn):
        return None
    severity = unless_new(event, "danger")
    if severity is None or _was_just_added(event, effect):
        return None
    return Verdict(
        severity=severity,
        why=f"The values of {effect.table}.{effect.column} are gone for good, and revisions that "
        "still know the column fail.",
        lock="ACCESS EXCLUSIVE",
        breaks=("old code: SELECT", "old code: INSERT", "old code: UPDATE"),
    )


def _was_just_added(event: Event, effect: e.DropColumn) -> bool:
    return any(
        isinstance(each, e.AddColumn)
        and each.table == effect.table
        and each.column.name == effect.column
        for each in event.earlier
    )


RULE = Rule(
    id="column-dropped",
    when="A column is dropped: RemoveField, or DROP COLUMN.",
    effect="Its values are lost, and no reverse brings them back. Until the last old revision has "
    "drained, each of its queries names the column and fails.",
    instead="First stop using {column} in the code, and take it out of Django's state alone "
    "(SeparateDatabaseAndState, with the column nullable or with a database default). Drop the "
    "column in a later release, after a backup.",
    bad="""\
operations = [
    migrations.RemoveField("employee", "nickname"),
]""",
    good="""\
operations = [
    migrations.SeparateDatabaseAndState(
        state_operations=[migrations.RemoveField("employee", "nickname")],
    ),
]""",
    looks_at=(e.DropColumn,),
    check=check,
    guide="RemoveField",
)
