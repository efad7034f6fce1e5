"""The schema for a rehearsal."""

from django.db.migrations.executor import MigrationExecutor


def build(session, names):
    """On an empty scratch database: the schema that these migrations make."""
    executor = MigrationExecutor(session.main)
    graph = executor.loader.graph
    plan = executor.migration_plan(graph.leaf_nodes(), clean_start=True)
    wanted = set(names)
    kept = [
        (m, False)
        for m, _ in plan
        if f"{m.app_label}.{m.name}" in wanted
        or (m.replaces and all(".".join(each) in wanted for each in m.replaces))
    ]
    executor.migrate(None, plan=kept)
    return {"built": len(kept)}
