"""A table that running code no longer finds."""

from __future__ import annotations

from hrmsops.safety import effects as e
from hrmsops.safety.event import Event
from hrmsops.safety.judging import unless_new
from hrmsops.safety.rule import Rule, Verdict


def check(event: Event) -> Verdict | None:
    effect = event.effect
    severity = unless_new(event, "danger")
    if not isinstance(effect, e.RenameTable) or severity is None:
        return None
    return Verdict(
        severity=severity,
        why=f"{effect.table} becomes {effect.new} at once, and every query of the revision that "
        "still runs names the old one.",
        lock="ACCESS EXCLUSIVE",
        breaks=("old code: SELECT", "old code: INSERT", "old code: UPDATE"),
    )


RULE = Rule(
    id="table-renamed",
    when="A table is renamed: RenameModel, AlterModelTable, or RENAME TO.",
    effect="Until the last old revision has drained, each of its queries on the table fails.",
    instead='Keep the table: `db_table = "{table}"` in Meta before the rename costs no SQL. Or '
    "leave a view of the old name behind until the old revision is gone.",
    bad="""\
operations = [
    migrations.RenameModel("Badge", "Pass"),
]""",
    good="""\
operations = [
    migrations.AlterModelTable("badge", "employees_badge"),
    migrations.RenameModel("Badge", "Pass"),
]""",
    looks_at=(e.RenameTable,),
    check=check,
    guide="RenameModel",
)
