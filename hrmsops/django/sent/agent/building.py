"""The schema for a rehearsal."""

from django.db.migrations.executor import MigrationExecutor


def build(session, names):
    """On a scratch database: the schema that these migrations make, with what is there."""
    executor = MigrationExecutor(session.main)
    graph, there = executor.loader.graph, executor.loader.applied_migrations
    plan = executor.migration_plan(graph.leaf_nodes(), clean_start=True)
    wanted = set(names)
    kept = [
        (m, False)
        for m, _ in plan
        if (m.app_label, m.name) not in there
        and (
            f"{m.app_label}.{m.name}" in wanted
            or (m.replaces and all(".".join(each) in wanted for each in m.replaces))
        )
    ]
    executor.migrate(None, plan=kept)
    return {"built": len(kept)}
