"""A collation that changes, and every index on the column with it."""

from __future__ import annotations

from hrmsops.safety import effects as e
from hrmsops.safety.event import Event
from hrmsops.safety.judging import by_size
from hrmsops.safety.rule import Rule, Verdict


def check(event: Event) -> Verdict | None:
    effect = event.effect
    if not isinstance(effect, e.AlterCollation):
        return None
    severity = by_size(event)
    if severity is None:
        return None
    indexed = any(effect.column in each.columns for each in event.picture.indexes) or any(
        effect.column in each.columns and each.kind in ("unique", "primary")
        for each in event.picture.constraints
    )
    if not indexed:
        severity = "info"
    return Verdict(
        severity=severity,
        why=f"Every index on {effect.table}.{effect.column} is built anew, and nobody reads or "
        "writes the table meanwhile.",
        lock="ACCESS EXCLUSIVE",
        blocks="reads and writes",
    )


RULE = Rule(
    id="collation-rebuilds-indexes",
    when="The collation of a column that an index contains changes.",
    effect="The indexes are built anew under ACCESS EXCLUSIVE.",
    instead="Add a column of the new collation to {table}, fill it in batches, index it "
    "concurrently, and read it instead.",
    bad="""\
operations = [
    migrations.AlterField(
        "employee", "email", models.CharField(max_length=200, db_index=True, db_collation="C")
    ),
]""",
    good="""\
operations = [
    migrations.AlterField(
        "employee", "email", models.CharField(max_length=250, db_index=True)
    ),
]""",
    looks_at=(e.AlterCollation,),
    check=check,
)
