"""A new column for whose sake every row is written anew."""

from __future__ import annotations

from hrmsops.safety import effects as e
from hrmsops.safety.event import Event
from hrmsops.safety.judging import as_long_as, by_size
from hrmsops.safety.rule import Rule, Verdict


def check(event: Event) -> Verdict | None:
    effect = event.effect
    if not isinstance(effect, e.AddColumn):
        return None
    reason = _reason(effect.column)
    severity = by_size(event)
    if severity is None or not reason:
        return None
    return Verdict(
        severity=severity,
        why=f"{event.said_rows()} is written anew, and nobody reads or writes it meanwhile, since "
        f"{effect.column.name} {reason}: {as_long_as(event)}.",
        lock="ACCESS EXCLUSIVE",
        blocks="reads and writes",
        rewrites=True,
    )


def _reason(column: e.Column) -> str:
    if column.generated == "stored":
        return "is generated and stored"
    if column.is_identity:
        return "is numbered"
    return "has a default that differs from row to row" if column.default == "volatile" else ""


RULE = Rule(
    id="column-rewrites-table",
    when="A column is added with a volatile default of the database (`RandomUUID()`, "
    "`clock_timestamp()`), numbered, or generated and stored.",
    effect="PostgreSQL writes the whole table anew under ACCESS EXCLUSIVE.",
    instead="Add {column} to {table} without a default, then set the default for new rows, then "
    "fill the old rows in batches. For a generated column: a plain column, a trigger and batches, "
    "or `db_persist=False` on PostgreSQL 18.",
    bad="""\
operations = [
    migrations.AddField("employee", "token", models.UUIDField(db_default=RandomUUID())),
]""",
    good="""\
operations = [
    migrations.AddField("employee", "made", models.DateTimeField(db_default=Now())),
]""",
    looks_at=(e.AddColumn,),
    check=check,
)
