"""A unique column that gives every row the same value."""

from __future__ import annotations

from hrmsops.safety import effects as e
from hrmsops.safety.event import Event
from hrmsops.safety.judging import unless_new
from hrmsops.safety.rule import Rule, Verdict


def check(event: Event) -> Verdict | None:
    effect = event.effect
    if not isinstance(effect, e.AddColumn) or not effect.is_unique:
        return None
    value = effect.fill or (effect.column.default if effect.column.default != "volatile" else "")
    severity = unless_new(event, "danger")
    if severity is None or not value:
        return None
    return Verdict(
        severity=severity,
        why=f"Every row of {event.said_rows()} gets the same {effect.column.name}, which is "
        "unique: the migration fails from the second row on.",
        lock="ACCESS EXCLUSIVE",
        breaks=("the migration",),
    )


RULE = Rule(
    id="same-value-twice",
    when="A unique column is added with a default; Django calls a function such as `uuid.uuid4` "
    "once, for all rows.",
    effect="The rows that are there collide, and the migration fails.",
    instead="Add {column} to {model} with `null=True` and without `unique`, give each row its own "
    "value in batches, then make it unique by a concurrent index.",
    bad="""\
operations = [
    migrations.AddField("employee", "token", models.UUIDField(default=uuid.uuid4, unique=True)),
]""",
    good="""\
operations = [
    migrations.AddField("employee", "token", models.UUIDField(null=True)),
]""",
    looks_at=(e.AddColumn,),
    check=check,
)
