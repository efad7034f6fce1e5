"""How the database is, asked between batches: half a millisecond each time."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.conf import settings
from django.db import DatabaseError, connections

from hrmsops.backfill.rows import TREE
from hrmsops.backfill.signals import SETTING, Signal, Trouble, beyond, signals_with
from hrmsops.backfill.words import sqlstate_of

WAIT_TIMED_SINCE = 140000
"""The server version since which a lock is known to be waited for how long."""
HIDDEN = "<insufficient privilege>"
_LOOK = """
    SELECT pg_current_wal_lsn()::text AS lsn,
        (SELECT CASE WHEN current_setting('archive_mode') = 'off' THEN NULL
            ELSE pg_wal_lsn_diff(pg_current_wal_lsn(), greatest(%(began)s::pg_lsn,
                CASE WHEN last_archived_wal ~ '^[0-9A-F]{{24}}$' THEN (
                    ('x' || substr(last_archived_wal, 9, 8))::bit(32)::bigint::numeric * 4294967296
                    + (('x' || substr(last_archived_wal, 17, 8))::bit(32)::bigint + 1)
                    * pg_size_bytes(current_setting('wal_segment_size'))
                )::numeric + '0/0'::pg_lsn END))::bigint END
            FROM pg_stat_archiver) AS archive_bytes,
        (SELECT max(pg_wal_lsn_diff(pg_current_wal_lsn(), replay_lsn))::bigint
            FROM pg_stat_replication WHERE state = 'streaming') AS replication_bytes,
        (SELECT count(*) FROM pg_locks WHERE NOT granted
            AND (relation IN (SELECT oid FROM tree) OR locktype IN ('transactionid', 'tuple'))
            AND {waited}) AS waiters,
        (SELECT count(*) FROM pg_locks l LEFT JOIN pg_stat_activity a USING (pid)
            WHERE l.relation IN (SELECT oid FROM tree) AND l.granted
            AND l.mode = 'ShareUpdateExclusiveLock'
            AND coalesce(a.backend_type, 'autovacuum worker') = 'autovacuum worker') AS autovacuums,
        (SELECT coalesce(max(extract(epoch FROM clock_timestamp() - xact_start)), 0)::float
            FROM pg_stat_activity WHERE backend_xmin IS NOT NULL AND pid <> pg_backend_pid()
            AND backend_type = 'client backend'
            AND datname = current_database()) AS snapshot_seconds,
        (SELECT count(*) FROM pg_stat_activity
            WHERE datname = current_database() AND query = %(hidden)s)
        + (SELECT count(*) FROM pg_stat_replication WHERE state IS NULL) AS hidden,
        current_user AS role
"""
_WAITED = "coalesce(waitstart < clock_timestamp() - interval '0.5 s', false)"


class Health:
    """The signs for one table, and what of them this role may not see."""

    def __init__(self, table: str, *, using: str) -> None:
        self._table, self._using, self._signals = table, using, chosen_signals()
        self._began: str | None = None
        self.unseen = ""
        """Why some signs say nothing, as a sentence; "" while all are seen."""

    def look(self) -> list[Trouble]:
        """What calls for a pause."""
        try:
            values = self._values()
        except DatabaseError as error:  # Health is never worth a failure.
            self.unseen = f"the database's health cannot be read (SQLSTATE {sqlstate_of(error)})"
            return []
        # An archiver that has never had a success is behind by what was written since.
        self._began = self._began or values["lsn"]
        if values["hidden"]:
            self.unseen = (
                f"{values['role']} may not see what other roles do: long transactions of theirs, "
                "autovacuum and replicas bring no pause (GRANT pg_read_all_stats mends that)"
            )
        return list(beyond(self._signals, values))

    def _values(self) -> Mapping[str, Any]:
        connection = connections[self._using]
        timed = connection.pg_version >= WAIT_TIMED_SINCE
        sql = TREE + _LOOK.format(waited=_WAITED if timed else "true")
        with connection.cursor() as cursor:
            cursor.execute(sql, {"table": self._table, "began": self._began, "hidden": HIDDEN})
            names = [each[0] for each in cursor.description]
            return dict(zip(names, cursor.fetchone(), strict=True))


def chosen_signals() -> tuple[Signal, ...]:
    """With the limits of the project's settings. Raises BackfillSettingWrong."""
    return signals_with(getattr(settings, SETTING, {}))
