"""Rows that are deleted for good."""

from __future__ import annotations

from hrmsops.safety import effects as e
from hrmsops.safety.event import Event
from hrmsops.safety.rule import Rule, Verdict


def check(event: Event) -> Verdict | None:
    effect = event.effect
    if not isinstance(effect, e.WriteRows) or effect.verb != "delete" or event.size() == "new":
        return None
    many = {"all": "Every row", "some": "Every row that a filter lets through"}
    return Verdict(
        severity="danger" if effect.scope == "all" else "warning",
        why=f"{many.get(effect.scope, 'Some rows')} of {event.said_rows() or 'a table'} "
        "is deleted, and no reverse brings it back.",
        blocks="writes" if effect.scope in many else "",
    )


RULE = Rule(
    id="rows-deleted",
    when="A migration deletes rows: `.delete()` or DELETE.",
    effect="They are lost. On a large table whoever writes the same rows waits meanwhile.",
    instead="Take a backup first, keep the rows of {table} in another table, and delete in batches "
    "outside of the deploy.",
    bad="""\
operations = [
    migrations.RunSQL("DELETE FROM employees_badge", migrations.RunSQL.noop),
]""",
    good="""\
operations = [
    migrations.RunSQL(
        "CREATE TABLE employees_badge_kept AS SELECT * FROM employees_badge",
        "DROP TABLE employees_badge_kept",
    ),
]""",
    looks_at=(e.WriteRows,),
    check=check,
)
