"""Something that only running it can tell."""

from __future__ import annotations

from hrmsops.safety import effects as e
from hrmsops.safety.event import Event
from hrmsops.safety.rule import Rule, Verdict


def check(event: Event) -> Verdict | None:
    effect = event.effect
    if not isinstance(effect, e.Opaque):
        return None
    is_read = bool(effect.extra)
    return Verdict(
        severity="info" if is_read or (event.table and event.size() == "new") else "warning",
        why=f"{effect.what}: {effect.why}. What it locks or loses is not known.",
    )


RULE = Rule(
    id="needs-a-trace",
    when="A DO block, SQL that is made at run time, a function or an operation of another package, "
    "or an AlterField whose field was never seen.",
    effect="Reading cannot tell what it does.",
    instead="Run it in a scratch database and look at the locks it takes, or write it as plain "
    "operations that can be read. For an AlterField: check the folder that has the whole history.",
    bad="""\
operations = [
    migrations.RunSQL(
        "DO $$ BEGIN EXECUTE format('DROP TABLE IF EXISTS %I', 'employees_none'); END $$",
        migrations.RunSQL.noop,
    ),
]""",
    good="""\
operations = [
    migrations.RunSQL("CREATE TABLE IF NOT EXISTS employees_none (id bigint)", "SELECT 1"),
]""",
    looks_at=(e.Opaque,),
    check=check,
    guide="AlterField on large table",
)
