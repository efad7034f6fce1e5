"""An index that is dropped while nobody can read or write."""

from __future__ import annotations

from hrmsops.safety import effects as e
from hrmsops.safety.event import Event
from hrmsops.safety.rule import Rule, Verdict


def check(event: Event) -> Verdict | None:
    effect = event.effect
    if not isinstance(effect, e.DropIndex) or effect.is_concurrent or event.size() == "new":
        return None
    return Verdict(
        severity="info" if event.size() == "small" else "warning",
        why=f"DROP INDEX waits for everybody on {event.said_rows() or 'its table'}, and everybody "
        "who comes later waits for it. Queries that used the index are slow from then on.",
        lock="ACCESS EXCLUSIVE",
        blocks="reads and writes",
    )


RULE = Rule(
    id="index-dropped-under-lock",
    when="An index is dropped without CONCURRENTLY, also by a field that loses its `db_index`.",
    effect="A short ACCESS EXCLUSIVE lock on the table: behind a long query it is an outage.",
    instead="Use RemoveIndexConcurrently on {model} in a migration of its own with `atomic = "
    "False`.",
    bad="""\
operations = [
    migrations.RemoveIndex("employee", "employee_salary"),
]""",
    good="""\
atomic = False
operations = [
    RemoveIndexConcurrently("employee", "employee_salary"),
]""",
    looks_at=(e.DropIndex,),
    check=check,
)
