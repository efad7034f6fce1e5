"""Backfills that are not at their end, as far as it costs nothing to look."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

from hrmsops.engine.journal import Journal
from hrmsops.world import World

if TYPE_CHECKING:
    from hrmsops.postgres.backfills import Shard


def under_way(world: World, journal: Journal, instance: str) -> tuple[str, ...]:
    """A sentence for each, with the command that goes on where nobody is at work on it.

    None where no relay-free way leads there. Raises what the look raises: that it could not be
    looked at is no warning of its own.
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
        shards = read_backfills(session)
    return tuple(_told(world, journal, each) for each in shards)


def _told(world: World, journal: Journal, shard: Shard) -> str:
    if shard.is_held:
        return shard.sentence()
    if journal.has(shard.run):
        return f"{shard.sentence()}; go on: hrmsops resume {shard.run}"
    words = shlex.join((*shard.options(), *world.typed))
    return f"{shard.sentence()}; go on: hrmsops backfill --resume {words}"
