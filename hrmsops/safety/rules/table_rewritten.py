"""A command that writes a table or its indexes anew."""

from __future__ import annotations

from hrmsops.safety import effects as e
from hrmsops.safety.event import Event
from hrmsops.safety.judging import by_size
from hrmsops.safety.rule import Rule, Verdict


def check(event: Event) -> Verdict | None:
    effect = event.effect
    if not isinstance(effect, e.Rewrite):
        return None
    severity = by_size(event, unknown="danger" if effect.lock == "ACCESS EXCLUSIVE" else "warning")
    if severity is None:
        return None
    return Verdict(
        severity=severity,
        why=f"{effect.how} on {event.said_rows()}: {effect.blocks} wait until it is done.",
        lock=effect.lock,
        blocks=effect.blocks,
        rewrites=True,
    )


RULE = Rule(
    id="table-rewritten",
    when="VACUUM FULL, CLUSTER, REINDEX, SET LOGGED, SET TABLESPACE or REFRESH MATERIALIZED VIEW.",
    effect="The table or its indexes are written anew under a lock that keeps others out.",
    instead="Use the form that lets others work: REINDEX CONCURRENTLY, REFRESH … CONCURRENTLY, "
    "pg_repack for {table}; or a maintenance window.",
    bad="""\
operations = [
    migrations.RunSQL("REINDEX TABLE employees_employee", migrations.RunSQL.noop),
]""",
    good="""\
atomic = False
operations = [
    migrations.RunSQL("REINDEX TABLE CONCURRENTLY employees_employee", migrations.RunSQL.noop),
]""",
    looks_at=(e.Rewrite,),
    check=check,
)
