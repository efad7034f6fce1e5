"""Transaction control within a migration."""

from __future__ import annotations

from hrmsops.safety import effects as e
from hrmsops.safety.event import Event
from hrmsops.safety.rule import Rule, Verdict

ENDS = ("transaction commit", "transaction rollback", "transaction begin", "transaction start")


def check(event: Event) -> Verdict | None:
    effect = event.effect
    if not isinstance(effect, e.Setting) or effect.name not in ENDS:
        return None
    if not event.migration.is_atomic:
        return None
    return Verdict(
        severity="warning",
        why=f"{effect.name.split()[1].upper()} within an atomic migration ends Django's own "
        "transaction: what comes after it cannot be rolled back, and the record of the migration "
        "may be lost.",
    )


RULE = Rule(
    id="transaction-broken",
    when="BEGIN, COMMIT or ROLLBACK in the SQL of an atomic migration.",
    effect="Django's transaction ends early; a failure afterwards leaves half of the migration "
    "behind.",
    instead="Set `atomic = False`, and send one statement a string.",
    bad="""\
operations = [
    migrations.RunSQL("COMMIT", migrations.RunSQL.noop),
]""",
    good="""\
operations = [
    migrations.RunSQL("SET LOCAL lock_timeout = '2s'", migrations.RunSQL.noop),
]""",
    looks_at=(e.Setting,),
    check=check,
)
