"""A column that running code no longer finds."""

from __future__ import annotations

from collections.abc import Sequence

from hrmsops.safety import effects as e
from hrmsops.safety.event import Event
from hrmsops.safety.judging import unless_new
from hrmsops.safety.rule import Rule, Verdict


def check(event: Event) -> Verdict | None:
    effect = event.effect
    severity = unless_new(event, "danger")
    if not isinstance(effect, e.RenameColumn) or severity is None:
        return None
    if event.in_transaction and _is_added(event.earlier, effect):
        return None
    return Verdict(
        severity=severity,
        why=f"{effect.table}.{effect.old} becomes {effect.new} at once, and every query of the "
        "revision that still runs names the old one.",
        lock="ACCESS EXCLUSIVE",
        breaks=("old code: SELECT", "old code: INSERT", "old code: UPDATE"),
    )


def _is_added(earlier: Sequence[e.Effect], effect: e.RenameColumn) -> bool:
    """Whether the transaction itself added the column: then nobody ever saw the old name."""
    return any(
        isinstance(each, e.AddColumn)
        and (each.table, each.column.name) == (effect.table, effect.old)
        for each in earlier
    )


RULE = Rule(
    id="column-renamed",
    when="A column is renamed: RenameField, a changed `db_column`, or RENAME COLUMN.",
    effect="Until the last old revision has drained, each of its queries fails; after a rollback "
    "of the application the same goes for the new name.",
    instead='Rename the field alone and keep the column: `db_column="{column}"` costs no SQL. Else '
    "add {new}, write both, backfill, read the new one, and drop {column} in a later release.",
    bad="""\
operations = [
    migrations.RenameField("employee", "surname", "family_name"),
]""",
    good="""\
operations = [
    migrations.AlterField(
        "employee", "surname", models.CharField(max_length=100, db_column="surname")
    ),
    migrations.RenameField("employee", "surname", "family_name"),
]""",
    looks_at=(e.RenameColumn,),
    check=check,
    guide="RenameField",
)
