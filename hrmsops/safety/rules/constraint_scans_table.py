"""A constraint that reads every row before it holds."""

from __future__ import annotations

from hrmsops.safety import effects as e
from hrmsops.safety.event import Event
from hrmsops.safety.judging import as_long_as, by_size
from hrmsops.safety.report import Severity
from hrmsops.safety.rule import Rule, Verdict
from hrmsops.safety.type_changes import compared

KINDS = {"check": "CHECK", "foreign": "FOREIGN KEY", "not-null": "NOT NULL"}


def check(event: Event) -> Verdict | None:
    effect = event.effect
    if isinstance(effect, e.AlterType):
        return _again(event, effect)
    if not isinstance(effect, e.AddConstraint) or effect.kind not in KINDS or not effect.is_valid:
        return None
    if event.size() == "new":
        return None
    if effect.kind == "foreign" and effect.hidden_in and not _has_values(event, effect):
        return Verdict(
            severity="info",
            why=f"{effect.columns[0]} is new and empty, so no row is read for its FOREIGN KEY; "
            f"{event.table} and {effect.target} are locked for a moment.",
            lock="SHARE ROW EXCLUSIVE",
        )
    locked = f" and writes to {effect.target} wait" if effect.target else ""
    return Verdict(
        severity=_severity(event, effect),
        why=f"Every row of {event.said_rows()} is read for the {KINDS[effect.kind]} while nobody "
        f"reads or writes it{locked}: {as_long_as(event)}.",
        lock="SHARE ROW EXCLUSIVE" if effect.kind == "foreign" else "ACCESS EXCLUSIVE",
        blocks="writes" if effect.kind == "foreign" else "reads and writes",
    )


def _again(event: Event, effect: e.AlterType) -> Verdict | None:
    """A type that changes in the catalogue alone still has the column's CHECKs made anew."""
    checks = [
        each.name
        for each in event.picture.constraints
        if each.kind == "check" and each.is_valid and effect.column in each.columns
    ]
    severity = by_size(event)
    if not checks or severity is None or is_rewritten(effect):
        return None
    return Verdict(
        severity=severity,
        why=f"PostgreSQL makes {checks[0] or 'the CHECK'} on {effect.column} anew and reads every "
        f"row of {event.said_rows()} for it while nobody reads or writes it: {as_long_as(event)}.",
        lock="ACCESS EXCLUSIVE",
        blocks="reads and writes",
        instead=f"Drop {checks[0] or 'the CHECK'} first, in the same migration, add it NOT VALID "
        "after the change, and validate it in a migration of its own.",
    )


def is_rewritten(effect: e.AlterType) -> bool:
    return compared(effect.old, effect.new).how not in ("nothing", "catalogue")


def _has_values(event: Event, effect: e.AddConstraint) -> bool:
    """Whether the rows that are there got a value for the new column that has to be looked up."""
    return any(
        isinstance(each, e.AddColumn)
        and (each.table, each.column.name) == (effect.table, effect.columns[0])
        and bool(each.fill or each.column.default)
        for each in event.earlier
    )


def _severity(event: Event, effect: e.AddConstraint) -> Severity:
    if event.size() == "large":
        return "danger"
    depends = not effect.hidden_in and not effect.re_adds
    return "warning" if event.size() == "unknown" or depends else "info"


RULE = Rule(
    id="constraint-scans-table",
    when="A CHECK or FOREIGN KEY is added to an existing table without NOT VALID; Django also "
    "drops and adds the foreign key when a ForeignKey's `null` or `default` changes, and "
    "PostgreSQL a CHECK when the type of its column does, even to a wider one.",
    effect="All rows are read under a lock that keeps others out, for a foreign key on both "
    "tables. It fails if one row does not fit.",
    instead="Add {name} NOT VALID (AddConstraintNotValid for a CHECK, RunSQL for a foreign key), "
    "and validate it in a migration of its own: that lets reads and writes go on.",
    bad="""\
operations = [
    migrations.AddConstraint(
        "employee",
        models.CheckConstraint(condition=models.Q(salary__gte=0), name="salary_not_negative"),
    ),
]""",
    good="""\
operations = [
    AddConstraintNotValid(
        "employee",
        models.CheckConstraint(condition=models.Q(salary__gte=0), name="salary_not_negative"),
    ),
]""",
    looks_at=(e.AddConstraint, e.AlterType),
    check=check,
)
