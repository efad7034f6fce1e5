"""A value of an enumeration that is renamed, or used before it is there."""

from __future__ import annotations

from hrmsops.safety import effects as e
from hrmsops.safety.event import Event
from hrmsops.safety.rule import Rule, Verdict

FIRST_IN_TRANSACTION = 12


def check(event: Event) -> Verdict | None:
    effect = event.effect
    if isinstance(effect, e.AlterEnum):
        return _of_type(event, effect)
    added = [each for each in event.earlier if isinstance(each, e.AlterEnum) and each.how == "add"]
    if isinstance(effect, e.Mentions):
        added = [each for each in added if each.value in effect.words]
    if not (added and event.in_transaction):
        return None
    return Verdict(
        severity="warning",
        why="A value was added to an enumeration before, in the same transaction: PostgreSQL "
        "refuses to use it before the commit.",
        breaks=("the migration",),
    )


def _of_type(event: Event, effect: e.AlterEnum) -> Verdict | None:
    if effect.how == "rename":
        return Verdict(
            severity="danger",
            why=f"A value of {effect.name} has another name at once; code that sends the old one "
            "fails.",
            breaks=("old code: INSERT", "old code: UPDATE", "old code: SELECT"),
        )
    if event.in_transaction and event.target_pg < FIRST_IN_TRANSACTION:
        return Verdict(
            severity="danger",
            why=f"PostgreSQL {event.target_pg} refuses ALTER TYPE … ADD VALUE in a transaction.",
            breaks=("the migration",),
        )
    return None


RULE = Rule(
    id="enum-value-changes",
    when="ALTER TYPE … RENAME VALUE; or ADD VALUE and a statement that uses the value in one "
    "transaction.",
    effect="Code that sends the old value fails; a value that is used before the commit fails the "
    "migration.",
    instead="Add the new value in a migration of its own, move the rows in batches, and leave the "
    "old value where it is.",
    bad="""\
operations = [
    migrations.RunSQL(
        "ALTER TYPE employees_contract RENAME VALUE 'temp' TO 'temporary'", migrations.RunSQL.noop
    ),
]""",
    good="""\
operations = [
    migrations.RunSQL("ALTER TYPE employees_contract ADD VALUE 'intern'", migrations.RunSQL.noop),
]""",
    looks_at=(e.AlterEnum, e.Mentions, e.WriteRows, e.SetDefault),
    check=check,
)
