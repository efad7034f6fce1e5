"""A table that is altered while foreign keys wait to be checked."""

from __future__ import annotations

from hrmsops.safety import effects as e
from hrmsops.safety.event import Event
from hrmsops.safety.judging import STRONG
from hrmsops.safety.rule import Rule, Verdict

ALTERS = (*STRONG, e.CreateIndex, e.DropTable)
CHECKED_NOW = "constraints are checked now or later"


def check(event: Event) -> Verdict | None:
    if not event.in_transaction or not isinstance(event.effect, ALTERS):
        return None
    wrote = [each for each in _since_checks(event) if type(each) is e.WriteRows]
    if not any(_waits(event, each) for each in wrote):
        return None
    return Verdict(
        severity="danger",
        why=f"Rows of {event.table} were written before in the same transaction, and its foreign "
        "keys are checked at the end: PostgreSQL refuses to alter it with pending trigger events.",
        breaks=("the migration",),
    )


def _since_checks(event: Event) -> list[e.Effect]:
    """The effects since SET CONSTRAINTS … IMMEDIATE, if there was one."""
    found: list[e.Effect] = []
    for each in event.earlier:
        found.append(each)
        if isinstance(each, e.Harmless) and each.what == CHECKED_NOW:
            found.clear()
    return found


def _checked_by_django(event: Event) -> set[str]:
    """Django checks a foreign key at once before it drops it for an AlterField."""
    if event.is_sql:
        return set()
    dropped = [
        each for each in (*event.earlier, event.effect) if isinstance(each, e.DropConstraint)
    ]
    gone = {each.columns for each in dropped if each.kind == "foreign"}
    return {each.name for each in event.picture.constraints if each.columns in gone}


def _waits(event: Event, effect: e.Effect) -> bool:
    """Whether a write left checks behind: inserts do, updates of the key's own column do."""
    if not isinstance(effect, e.WriteRows) or effect.table != event.table or not effect.table:
        return False
    if effect.by == "operation":
        return False
    # A key that this transaction added is checked at once, or was not there when the row was.
    added = {each.name for each in event.earlier if isinstance(each, e.AddConstraint)}
    added |= _checked_by_django(event)
    keys = [
        each
        for each in event.picture.constraints
        if each.kind == "foreign" and each.is_deferrable and each.name not in added
    ]
    if effect.verb == "insert":
        return bool(keys)
    return any(set(each.columns) & set(effect.columns) for each in keys)


RULE = Rule(
    id="pending-trigger-events",
    when="An atomic migration inserts rows, or changes a foreign key's column, and then alters the "
    "same table.",
    effect="PostgreSQL refuses: cannot ALTER TABLE because it has pending trigger events.",
    instead="Put the data and the schema change of {table} in migrations of their own.",
    bad="""\
operations = [
    migrations.RunSQL("UPDATE employees_employee SET department_id = 1", migrations.RunSQL.noop),
    migrations.AddField("employee", "grade", models.IntegerField(null=True)),
]""",
    good="""\
operations = [
    migrations.AddField("employee", "grade", models.IntegerField(null=True)),
]""",
    looks_at=ALTERS,
    check=check,
)
