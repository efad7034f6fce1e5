"""The archive of a cluster: brought up to a moment, and cut off before one."""

from __future__ import annotations

import re
import time
from datetime import UTC, datetime

from hrmsops.errors.postgres import ArchiveTooSlow
from hrmsops.postgres.cluster import POLL_SECONDS, Cluster

_SEGMENT = re.compile(r"[0-9A-F]{24}")
_TIMELINE_DIGITS = 8


def settle(cluster: Cluster, *, timeout_seconds: float) -> datetime:
    """Archive all that is committed; the moment (aware, UTC) up to which recovery can go now.

    A recovery ends at the first commit after its target, so that there has to be one: an empty
    transaction that writes its end, then the switch to a new segment, whose predecessor the
    archiver takes (PostgreSQL, "Recovery Target Settings"). Raises ArchiveTooSlow.
    """
    with cluster.connect("postgres") as session:
        row = session.execute("SELECT clock_timestamp(), pg_current_xact_id()").fetchone()
        switched = session.execute("SELECT pg_walfile_name(pg_switch_wal())").fetchone()
    assert row is not None
    assert switched is not None
    moment, segment = row[0], str(switched[0])
    deadline = time.monotonic() + timeout_seconds
    while not (cluster.archive / segment).exists():
        if time.monotonic() > deadline:
            raise ArchiveTooSlow(folder=cluster.archive, segment=segment, seconds=timeout_seconds)
        time.sleep(POLL_SECONDS)
    assert isinstance(moment, datetime)
    return moment.astimezone(UTC)


def prune(cluster: Cluster, *, first: str) -> int:
    """Remove the segments before `first`, on whatever timeline; how many there were."""
    old = [
        path
        for path in cluster.archive.iterdir()
        if _SEGMENT.fullmatch(path.name) and path.name[_TIMELINE_DIGITS:] < first[_TIMELINE_DIGITS:]
    ]
    for path in old:
        path.unlink(missing_ok=True)
    return len(old)
