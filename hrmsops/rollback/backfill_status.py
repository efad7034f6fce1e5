"""Backfills that are not at their end, as far as it costs nothing to look."""

from __future__ import annotations

from hrmsops.world import World


def under_way(world: World, instance: str) -> tuple[str, ...]:
    """A sentence for each; none where no relay-free way leads there.

    Raises what the look raises: that it could not be looked at is no warning of its own.
    """
    from hrmsops.postgres.backfills import read_backfills
    from hrmsops.postgres.session import connect

    if world.environment.database is None:
        return ()
    found = world.cloud_sql.instance(instance)
    if not found.is_running or world.ways.needs_relay(found):
        return ()
    target = world.target(found, application_name="hrmsops status")
    with connect(target, read_only=True) as session:
        return tuple(each.sentence() for each in read_backfills(session))
