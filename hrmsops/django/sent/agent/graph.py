"""What may be applied or taken back next, as the project's graph of migrations has it."""

from ..wire import Refused


def next_one(loader, key, backwards):
    """The migration `key`; refused where others have to go before it."""
    graph = loader.graph
    if key not in graph.nodes:
        raise Refused("migration-missing", app=key[0], name=key[1])
    if backwards:
        by = [each for each in _keys(graph.node_map[key].children) if _is_on(loader, each)]
        if by:
            raise Refused("still-needed", app=key[0], name=key[1], by=_names(by))
    else:
        before = [each for each in _keys(graph.node_map[key].parents) if not _is_on(loader, each)]
        if before:
            raise Refused("out-of-order", app=key[0], name=key[1], before=_names(before))
    return graph.nodes[key]


def is_applied(loader, migration):
    """Also where all that it replaces is."""
    applied = loader.applied_migrations
    own = (migration.app_label, migration.name) in applied
    return own or (
        bool(migration.replaces) and all(tuple(k) in applied for k in migration.replaces)
    )


def as_plan(loader, keys, backwards):
    """As Django's signals are told of it."""
    nodes = loader.graph.nodes
    return [(nodes[tuple(key)], backwards) for key in keys if tuple(key) in nodes]


def _is_on(loader, key):
    return is_applied(loader, loader.graph.nodes[key])


def _keys(nodes):
    return sorted(node.key for node in nodes)


def _names(keys):
    return [".".join(key) for key in keys]
