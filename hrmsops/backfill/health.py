"""Signs that the database needs a pause, asked between batches: 0.4 ms each time."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from django.db import DatabaseError, connections

EVERY_SECONDS = 1.0
_LOOK = """
    SELECT
        (SELECT CASE WHEN current_setting('archive_mode') = 'off' OR last_archived_wal IS NULL
            OR last_archived_wal !~ '^[0-9A-F]{24}$' THEN NULL
            ELSE pg_wal_lsn_diff(pg_current_wal_lsn(), (
                ('x' || substr(last_archived_wal, 9, 8))::bit(32)::bigint::numeric * 4294967296
                + ('x' || substr(last_archived_wal, 17, 8))::bit(32)::bigint
                * pg_size_bytes(current_setting('wal_segment_size'))
            )::numeric + '0/0'::pg_lsn)::bigint END FROM pg_stat_archiver),
        (SELECT max(pg_wal_lsn_diff(pg_current_wal_lsn(), replay_lsn))::bigint
            FROM pg_stat_replication WHERE state = 'streaming'),
        (SELECT count(*) FROM pg_locks WHERE NOT granted
            AND (relation = %s::regclass OR locktype IN ('transactionid', 'tuple'))
            AND coalesce(waitstart < clock_timestamp() - interval '0.5 s', false)),
        (SELECT count(*) FROM pg_stat_activity a JOIN pg_locks l USING (pid)
            WHERE a.backend_type = 'autovacuum worker' AND l.relation = %s::regclass
            AND l.mode = 'ShareUpdateExclusiveLock' AND l.granted),
        (SELECT coalesce(max(extract(epoch FROM clock_timestamp() - xact_start)), 0)::float
            FROM pg_stat_activity WHERE backend_xmin IS NOT NULL AND pid <> pg_backend_pid()
            AND backend_type = 'client backend' AND datname = current_database())
"""


@dataclass(frozen=True, kw_only=True)
class Signal:
    """`pause_seconds_max` is for one stretch: not every sign ends by waiting."""

    name: str
    limit: float
    pause_seconds_max: float
    sentence: Callable[[float], str]


SIGNALS = (
    Signal(
        name="archive",
        limit=1 << 30,
        pause_seconds_max=300,
        sentence=lambda n: f"{n / 2**20:,.0f} MiB of WAL wait to be archived",
    ),
    Signal(
        name="replication",
        limit=256 << 20,
        pause_seconds_max=300,
        sentence=lambda n: f"a replica is {n / 2**20:,.0f} MiB behind",
    ),
    Signal(
        name="waiters",
        limit=3,
        pause_seconds_max=30,
        sentence=lambda n: f"{n:.0f} sessions wait for locks",
    ),
    Signal(
        name="autovacuum",
        limit=1,
        pause_seconds_max=10,
        sentence=lambda _: "autovacuum is at work on the table",
    ),
    Signal(
        name="snapshot",
        limit=300,
        pause_seconds_max=30,
        sentence=lambda n: f"a transaction of {n:,.0f} s keeps every old row",
    ),
)


@dataclass(frozen=True, kw_only=True)
class Trouble:
    """One sign that is beyond its limit now."""

    signal: Signal
    value: float

    def sentence(self) -> str:
        return self.signal.sentence(self.value)


def look(table: str, *, using: str) -> list[Trouble]:
    """What calls for a pause. A sign that this role may not see says nothing."""
    try:
        with connections[using].cursor() as cursor:
            cursor.execute(_LOOK, [table, table])
            row = cursor.fetchone()
    except DatabaseError:
        return []  # Health is never worth a failure.
    return list(_beyond(row))


def _beyond(row: tuple[Any, ...]) -> Iterator[Trouble]:
    for signal, value in zip(SIGNALS, row, strict=True):
        if value is not None and float(value) >= signal.limit:
            yield Trouble(signal=signal, value=float(value))
