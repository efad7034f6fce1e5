"""A step that cannot be reversed, or whose reverse does nothing."""

from __future__ import annotations

from hrmsops.safety import effects as e
from hrmsops.safety.event import Event
from hrmsops.safety.rule import Rule, Verdict


def check(event: Event) -> Verdict | None:
    effect = event.effect
    if not isinstance(effect, e.OneWay) or not effect.does_work:
        return None
    if effect.reverse == "noop":
        why = "Its reverse does nothing: `rollback migration` succeeds, and leaves what was done."
    else:
        why = "It has no reverse: `rollback migration` stops here, and a way back needs a recovery."
    return Verdict(severity="info", why=why)


RULE = Rule(
    id="no-way-back",
    when="RunPython or RunSQL without a reverse, or with one that does nothing.",
    effect="The migration cannot be reversed, or only seems to be.",
    instead="Give it a `reverse_code` or `reverse_sql` that undoes it, where that is possible.",
    bad="""\
operations = [
    migrations.RunSQL("ALTER TABLE employees_employee ALTER COLUMN salary SET DEFAULT 1"),
]""",
    good="""\
operations = [
    migrations.RunSQL(
        "ALTER TABLE employees_employee ALTER COLUMN salary SET DEFAULT 1",
        "ALTER TABLE employees_employee ALTER COLUMN salary DROP DEFAULT",
    ),
]""",
    looks_at=(e.OneWay,),
    check=check,
)
