"""An operation that sends nothing."""

from __future__ import annotations

from hrmsops.safety import effects as e
from hrmsops.safety.event import Event
from hrmsops.safety.rule import Rule, Verdict

FEARED = frozenset(
    ["AlterField", "RenameField", "RenameModel", "AlterModelTable", "SeparateDatabaseAndState"]
)


def check(event: Event) -> Verdict | None:
    effect = event.effect
    if not isinstance(effect, e.Nothing) or event.operation.kind not in FEARED:
        return None
    return Verdict(severity="info", why=f"No SQL is sent: {effect.proof}.")


RULE = Rule(
    id="no-sql",
    when="An operation that the guide fears, and that sends no SQL here.",
    effect="None on the database.",
    instead="Nothing to do.",
    bad="""\
operations = [
    migrations.AlterField("employee", "surname", models.CharField(max_length=100, blank=True)),
]""",
    good="",
    looks_at=(e.Nothing,),
    check=check,
    guide="AlterField on large table",
)
