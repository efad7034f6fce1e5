"""LOCK TABLE."""

from __future__ import annotations

from hrmsops.safety import effects as e
from hrmsops.safety.event import Event
from hrmsops.safety.judging import unless_new
from hrmsops.safety.rule import Rule, Verdict

STRONG = ("SHARE", "SHARE ROW EXCLUSIVE", "EXCLUSIVE", "ACCESS EXCLUSIVE")


def check(event: Event) -> Verdict | None:
    effect = event.effect
    severity = unless_new(event, "warning")
    if not isinstance(effect, e.LockTable) or effect.mode not in STRONG or severity is None:
        return None
    blocks = "reads and writes" if effect.mode == "ACCESS EXCLUSIVE" else "writes"
    return Verdict(
        severity=severity,
        why=f"{event.said_rows()} is locked in {effect.mode} mode until the transaction ends: "
        f"{blocks} wait.",
        lock=effect.mode,
        blocks=blocks,
    )


RULE = Rule(
    id="table-locked",
    when="LOCK TABLE in a mode that keeps writers out.",
    effect="They wait until the transaction ends.",
    instead="Leave the lock out; each statement takes the weakest lock that it needs on {table}.",
    bad="""\
operations = [
    migrations.RunSQL("LOCK TABLE employees_employee IN SHARE MODE", migrations.RunSQL.noop),
]""",
    good="""\
operations = [
    migrations.RunSQL("LOCK TABLE employees_employee IN ACCESS SHARE MODE", migrations.RunSQL.noop),
]""",
    looks_at=(e.LockTable,),
    check=check,
)
