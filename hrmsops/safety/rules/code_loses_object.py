"""Something else than a table that is dropped or changed under running code."""

from __future__ import annotations

from hrmsops.safety import effects as e
from hrmsops.safety.event import Event
from hrmsops.safety.rule import Rule, Verdict

GONE_WITH_DATA = ("schema", "database", "everything a role owns", "extension", "type", "domain")


def check(event: Event) -> Verdict | None:
    effect = event.effect
    if isinstance(effect, e.ShortLock):
        return _risky(event, effect)
    if not isinstance(effect, e.DropObject):
        return None
    loses = effect.cascades and effect.kind in GONE_WITH_DATA
    kind = effect.kind.replace("_", " ")
    more = ", and every column of it" if loses and effect.kind in ("type", "domain") else ""
    return Verdict(
        severity="danger" if loses or effect.kind in ("schema", "database") else "warning",
        why=f"The {kind} {effect.name} is dropped{more}: what still uses it fails.",
        lock="ACCESS EXCLUSIVE",
        breaks=("code that uses it",),
    )


def _risky(event: Event, effect: e.ShortLock) -> Verdict | None:
    if not effect.risk or event.size() == "new":
        return None
    where = f" on {effect.table}" if effect.table else ""
    return Verdict(
        severity="warning",
        why=f"{effect.how.capitalize()}{where}: {effect.risk}.",
        lock=effect.lock,
    )


RULE = Rule(
    id="code-loses-object",
    when="A view, function, sequence, type, extension, schema or trigger is dropped, renamed or "
    "switched off.",
    effect="Revisions that still use it fail, or do silently less.",
    instead="First release code that does without it, then drop it in a later release.",
    bad="""\
operations = [
    migrations.RunSQL("DROP VIEW employees_payroll", migrations.RunSQL.noop),
]""",
    good="""\
operations = [
    migrations.RunSQL(
        "CREATE VIEW employees_pay AS SELECT id, salary FROM employees_employee",
        migrations.RunSQL.noop,
    ),
]""",
    looks_at=(e.DropObject, e.ShortLock),
    check=check,
)
