"""A table that goes, and its rows with it."""

from __future__ import annotations

from hrmsops.safety import effects as e
from hrmsops.safety.event import Event
from hrmsops.safety.judging import unless_new
from hrmsops.safety.rule import Rule, Verdict


def check(event: Event) -> Verdict | None:
    effect = event.effect
    severity = unless_new(event, "danger")
    if not isinstance(effect, e.DropTable) or effect.is_temporary or severity is None:
        return None
    return Verdict(
        severity=severity,
        why=f"The rows of {event.said_rows()} are gone for good, and revisions that still know the "
        "table fail.",
        lock="ACCESS EXCLUSIVE",
        breaks=("old code: SELECT", "old code: INSERT", "old code: UPDATE"),
    )


RULE = Rule(
    id="table-dropped",
    when="A table is dropped: DeleteModel, DROP TABLE, or a many-to-many field that is removed.",
    effect="Its rows are lost, and no reverse brings them back. Revisions that still use it fail.",
    instead="First stop using {table} in the code, and take {model} out of Django's state alone. "
    "Drop the table in a later release, after a backup.",
    bad="""\
operations = [
    migrations.DeleteModel("Badge"),
]""",
    good="""\
operations = [
    migrations.SeparateDatabaseAndState(state_operations=[migrations.DeleteModel("Badge")]),
]""",
    looks_at=(e.DropTable,),
    check=check,
    guide="DeleteModel; RunSQL with DROP TABLE/TRUNCATE",
)
