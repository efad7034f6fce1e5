"""An index that is built while nobody can write."""

from __future__ import annotations

from hrmsops.safety import effects as e
from hrmsops.safety.event import Event
from hrmsops.safety.judging import as_long_as, by_size, strong_lock_before
from hrmsops.safety.rule import Rule, Verdict


def check(event: Event) -> Verdict | None:
    effect = event.effect
    if not isinstance(effect, e.CreateIndex) or effect.is_concurrent:
        return None
    severity = by_size(event, unknown="danger" if event.is_sql else "warning")
    if severity is None or _is_there(event, effect):
        return None
    held = strong_lock_before(event)
    blocks = "reads and writes" if held or effect.hidden_in else "writes"
    what = f"the index that {effect.hidden_in} hides" if effect.hidden_in else "the index"
    return Verdict(
        severity=severity,
        why=f"{event.said_rows()} takes no {blocks} while {what} is built: {as_long_as(event)}.",
        lock="ACCESS EXCLUSIVE" if held else "SHARE",
        blocks=blocks,
    )


def _is_there(event: Event, effect: e.CreateIndex) -> bool:
    return effect.if_not_exists and any(each.name == effect.name for each in event.picture.indexes)


RULE = Rule(
    id="index-blocks-writes",
    when="An index is created on an existing table without CONCURRENTLY, also by a field's own "
    "`db_index`, as every ForeignKey has.",
    effect="INSERT, UPDATE and DELETE on the table wait until the index is built. After an ALTER "
    "TABLE in the same transaction, reads wait as well.",
    instead="Use AddIndexConcurrently on {model} in a migration of its own with `atomic = False`. "
    "For a field: add it with `db_index=False` first, and the index afterwards.",
    bad="""\
operations = [
    migrations.AddIndex("employee", models.Index(fields=["surname"], name="employee_surname")),
]""",
    good="""\
atomic = False
operations = [
    AddIndexConcurrently("employee", models.Index(fields=["surname"], name="employee_surname")),
]""",
    looks_at=(e.CreateIndex,),
    check=check,
    guide="AddIndex on large table; RunSQL with non-concurrent CREATE INDEX",
)
