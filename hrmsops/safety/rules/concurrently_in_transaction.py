"""A statement that PostgreSQL refuses within a transaction."""

from __future__ import annotations

from hrmsops.safety import effects as e
from hrmsops.safety.event import Event
from hrmsops.safety.rule import Rule, Verdict


def check(event: Event) -> Verdict | None:
    what = _what(event.effect)
    if not what or not (event.in_transaction or event.is_one_string):
        return None
    if event.is_one_string and not event.migration.is_atomic:
        why = f"{what} is sent in one string with other statements, and that is a transaction."
    else:
        why = f"{what} cannot run inside a transaction, and this migration is one."
    return Verdict(severity="danger", why=f"The migration fails: {why}")


def _what(effect: e.Effect) -> str:
    if isinstance(effect, e.CreateIndex) and effect.is_concurrent:
        return "CREATE INDEX CONCURRENTLY"
    if isinstance(effect, e.DropIndex) and effect.is_concurrent:
        return "DROP INDEX CONCURRENTLY"
    return effect.what if isinstance(effect, e.NotInTransaction) else ""


RULE = Rule(
    id="concurrently-in-transaction",
    when="CREATE INDEX CONCURRENTLY, DROP INDEX CONCURRENTLY, VACUUM or their like in an atomic "
    "migration, or in one string together with other statements.",
    effect="PostgreSQL refuses it, and the migration fails.",
    instead="Set `atomic = False` on the migration, and send each statement as its own string.",
    bad="""\
operations = [
    migrations.RunSQL("CREATE INDEX CONCURRENTLY employee_surname ON employees_employee (surname)"),
]""",
    good="""\
atomic = False
operations = [
    migrations.RunSQL(
        "CREATE INDEX CONCURRENTLY employee_surname ON employees_employee (surname)",
        "DROP INDEX CONCURRENTLY employee_surname",
    ),
]""",
    looks_at=(e.CreateIndex, e.DropIndex, e.NotInTransaction),
    check=check,
)
