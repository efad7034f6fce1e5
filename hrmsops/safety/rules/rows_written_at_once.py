"""Many rows written in one go."""

from __future__ import annotations

from hrmsops.safety import effects as e
from hrmsops.safety.event import Event
from hrmsops.safety.report import Severity
from hrmsops.safety.rule import Rule, Verdict

GROWING = ("all", "some", "nulls", "batch")


def check(event: Event) -> Verdict | None:
    effect = event.effect
    if not isinstance(effect, e.WriteRows) or effect.verb != "update":
        return None
    if effect.scope not in GROWING or event.size() == "new":
        return None
    if effect.scope == "batch" and not event.in_transaction:
        return None
    return Verdict(severity=_severity(event, effect), why=_why(event, effect), blocks="writes")


def _severity(event: Event, effect: e.WriteRows) -> Severity:
    if event.size() == "small":
        return "info"
    is_whole = effect.scope in ("all", "nulls")
    return "danger" if is_whole and event.size() == "large" else "warning"


def _why(event: Event, effect: e.WriteRows) -> str:
    table = event.said_rows() if event.table else "A table that is not known here"
    if effect.scope == "batch":
        return (
            f"{table} is written in batches, but within one transaction: each row stays locked "
            "until the last batch is done."
        )
    if effect.scope == "nulls":
        return f"Django first gives every NULL of {table} the default, in one statement."
    many = "Every row" if effect.scope == "all" else "Every row that a filter lets through"
    if effect.is_row_by_row and not event.in_transaction:
        return f"{many} of {table} is written one by one, which takes as long as the table is big."
    how = ", one by one" if effect.is_row_by_row else ""
    return f"{many} of {table} is written in one transaction{how}; who writes the same row waits."


RULE = Rule(
    id="rows-written-at-once",
    when="A migration updates a whole table, or what a filter lets through, in one transaction: "
    "`.update()`, a loop with `.save()`, or UPDATE. Batches in an atomic migration are one "
    "transaction as well.",
    effect="Every row stays locked until the end, the table grows to twice its size, and the "
    "deploy waits (28 to 35 s for a million rows).",
    instead="Use `hrmsops backfill` for {table}, or batches by primary key in a migration of its "
    "own with `atomic = False`.",
    bad="""\
operations = [
    migrations.RunSQL("UPDATE employees_employee SET salary = salary + 1", migrations.RunSQL.noop),
]""",
    good="""\
atomic = False
operations = [
    migrations.RunSQL(
        "UPDATE employees_employee SET salary = salary + 1 WHERE id BETWEEN 1 AND 1000",
        migrations.RunSQL.noop,
    ),
]""",
    looks_at=(e.WriteRows,),
    check=check,
)
