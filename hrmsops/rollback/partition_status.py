"""Whether a partitioned table will soon have nowhere to put a row, as far as it costs nothing."""

from __future__ import annotations

import shlex

from hrmsops.world import World


def running_out(world: World, instance: str) -> tuple[str, ...]:
    """A warning for each table whose partitions end soon; none where no relay-free way leads there.

    Raises what the look raises: that it could not be looked at is no warning of its own.
    """
    from hrmsops.partition.sizes import ends_soon
    from hrmsops.postgres.partitions import read_ranges
    from hrmsops.postgres.session import connect

    if world.environment.database is None:
        return ()
    found = world.cloud_sql.instance(instance)
    if not found.is_running or world.ways.needs_relay(found):
        return ()
    target = world.target(found, application_name="hrmsops status")
    with connect(target, read_only=True) as session:
        ranges = read_ranges(session)
    told = [(each, ends_soon(each, world.clock.now())) for each in ranges]
    here = shlex.join(world.typed)
    return tuple(
        f"{words}: hrmsops table partition {each.name} --maintain {here}"
        for each, words in told
        if words
    )
