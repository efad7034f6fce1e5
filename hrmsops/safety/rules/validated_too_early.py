"""A constraint that is validated under the lock that added it."""

from __future__ import annotations

from hrmsops.safety import effects as e
from hrmsops.safety.event import Event
from hrmsops.safety.judging import as_long_as, by_size, said, strong_lock_before
from hrmsops.safety.rule import Rule, Verdict


def check(event: Event) -> Verdict | None:
    effect = event.effect
    if not isinstance(effect, e.ValidateConstraint):
        return None
    held = strong_lock_before(event)
    severity = by_size(event)
    if held is None or severity is None:
        return None
    return Verdict(
        severity=severity,
        why=f"Every row of {event.said_rows()} is read under the lock that is held since "
        f"{said(held)} in the same transaction: {as_long_as(event)}.",
        lock="ACCESS EXCLUSIVE",
        blocks="reads and writes",
    )


RULE = Rule(
    id="validated-too-early",
    when="VALIDATE CONSTRAINT in the same transaction as what it validates, or after another ALTER "
    "TABLE.",
    effect="The strong lock of the first statement is held until all rows are read.",
    instead="Validate {name} in a migration of its own.",
    bad="""\
operations = [
    AddConstraintNotValid(
        "employee",
        models.CheckConstraint(condition=models.Q(salary__gte=0), name="salary_not_negative"),
    ),
    ValidateConstraint("employee", "salary_not_negative"),
]""",
    good="""\
atomic = False
operations = [
    AddConstraintNotValid(
        "employee",
        models.CheckConstraint(condition=models.Q(salary__gte=0), name="salary_not_negative"),
    ),
    ValidateConstraint("employee", "salary_not_negative"),
]""",
    looks_at=(e.ValidateConstraint,),
    check=check,
)
