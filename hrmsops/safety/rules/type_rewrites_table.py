"""A type that changes, and every row with it."""

from __future__ import annotations

from hrmsops.safety import effects as e
from hrmsops.safety.event import Event
from hrmsops.safety.judging import as_long_as
from hrmsops.safety.report import Severity
from hrmsops.safety.rule import Rule, Verdict
from hrmsops.safety.type_changes import compared


def check(event: Event) -> Verdict | None:
    effect = event.effect
    if not isinstance(effect, e.AlterType) or event.size() == "new":
        return None
    change = compared(effect.old, effect.new)
    if change.how in ("nothing", "catalogue"):
        if effect.old == effect.new:
            return None  # Django says the type again where only a comment differs.
        return Verdict(
            severity="info",
            why=f"{effect.table}.{effect.column} from {effect.old} to {effect.new} changes the "
            "catalogue alone.",
            lock="ACCESS EXCLUSIVE",
        )
    fails = f" A value that {effect.new} refuses fails it." if change.may_fail else ""
    because = f", since {effect.why}" if effect.why else ""
    return Verdict(
        severity=_severity(event, may_fail=change.may_fail),
        why=f"{effect.table}.{effect.column} from {effect.old or 'a type not known here'} to "
        f"{effect.new}{because}: {event.said_rows()} is written anew, and nobody reads or writes "
        f"it meanwhile: {as_long_as(event)}.{fails}",
        lock="ACCESS EXCLUSIVE",
        blocks="reads and writes",
        rewrites=True,
    )


def _severity(event: Event, *, may_fail: bool) -> Severity:
    if event.size() == "large":
        return "danger"
    return "warning" if event.size() == "unknown" or may_fail else "info"


RULE = Rule(
    id="type-rewrites-table",
    when="The type of a column changes in a way that changes what is stored: narrower text, int to "
    "bigint, another scale, date to timestamp. Wider text and text without a limit are free.",
    effect="The table and its indexes are written anew under ACCESS EXCLUSIVE; a key takes the "
    "columns of every relation to it along.",
    instead="Add a second column of the type {new} to {table}, keep both in step by a trigger, "
    "fill it in batches, swap the names in one short transaction, drop the old one later.",
    bad="""\
operations = [
    migrations.AlterField("employee", "salary", models.BigIntegerField()),
]""",
    good="""\
operations = [
    migrations.AlterField("employee", "surname", models.CharField(max_length=200)),
]""",
    looks_at=(e.AlterType,),
    check=check,
    guide="AlterField on large table",
)
