"""Whether the database answers, and by which way: looked at in one session."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from hrmsops.doctor.seen import DatabaseSeen

if TYPE_CHECKING:
    from hrmsops.gcp.sql_resources import Instance
    from hrmsops.postgres.session import Session, Target
    from hrmsops.world import World

_QUERY = """
SELECT current_setting('server_version'), session_user, current_setting('max_connections')::int,
       (SELECT count(*)::int FROM pg_stat_activity WHERE backend_type = 'client backend')
"""


def reach(world: World, instance: Instance) -> DatabaseSeen:
    """Log in and look, where that makes nothing in the cloud; raises what the login raises."""
    from hrmsops.errors.database import StatementFailed
    from hrmsops.postgres.refusals import plainly
    from hrmsops.postgres.session import connect

    world.require_login()
    if world.ways.needs_relay(instance):
        return DatabaseSeen(way="a relay in its network", is_tried=False)
    target = world.target(instance, application_name="hrmsops doctor")
    began = time.monotonic()
    with (
        connect(target, read_only=True) as session,
        plainly(StatementFailed, address=target.address),
    ):
        took = round((time.monotonic() - began) * 1000)
        return _seen(session, world, way=_way(world, instance, target), milliseconds=took)


def _way(world: World, instance: Instance, target: Target) -> str:
    tunnels = {"connector": "the Cloud SQL connector", "proxy": "the Cloud SQL Auth Proxy"}
    return tunnels.get(world.ways.kind(instance), f"its address {target.address}")


def _seen(session: Session, world: World, *, way: str, milliseconds: int) -> DatabaseSeen:
    from hrmsops.partition.sizes import ends_soon
    from hrmsops.postgres.partitions import read_ranges

    row = session.execute(_QUERY).fetchone()
    assert row is not None
    now = world.clock.now()
    told = ((str(each.name), ends_soon(each, now)) for each in read_ranges(session))
    return DatabaseSeen(
        way=way,
        is_tried=True,
        milliseconds=milliseconds,
        version=row[0],
        role=row[1],
        connections_max=row[2],
        connections=row[3],
        running_out=tuple((table, words) for table, words in told if words),
    )
