"""Which migrations are meant."""

from django.db.migrations.exceptions import AmbiguityError

from ..wire import Refused


def targets(loader, app, to):
    """The keys of an app's migration, or of its newest ones, or of everybody's."""
    graph = loader.graph
    if app is None:
        return graph.leaf_nodes()
    if app not in loader.migrated_apps:
        raise Refused("app-unknown", app=app, known=sorted(loader.migrated_apps))
    if to is None:
        return [key for key in graph.leaf_nodes() if key[0] == app]
    if to == "zero":
        return [(app, None)]
    try:
        name = loader.get_migration_by_prefix(app, to).name
    except (AmbiguityError, KeyError) as error:
        known = sorted(n for a, n in graph.nodes if a == app)
        near = [n for n in known if n.startswith(to)]
        raise Refused("migration-unknown", app=app, name=to, near=near, known=known) from error
    if (app, name) not in graph.nodes and (app, name) in loader.replacements:
        return [tuple(loader.replacements[(app, name)].replaces[-1])]
    return [(app, name)]
