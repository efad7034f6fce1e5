"""Whether a database is one that a backfill can work on."""

from __future__ import annotations

from django.db import connections

from hrmsops.errors.backfill import BackfillNameUnknown
from hrmsops.errors.backfill_run import BackfillNotOnPostgresql, BackfillThroughPooler


def require_postgresql(using: str) -> None:
    """Raises BackfillNameUnknown, BackfillNotOnPostgresql, BackfillThroughPooler."""
    if using not in connections:
        raise BackfillNameUnknown(kind="database", name=using, known=tuple(connections))
    connection = connections[using]
    if connection.vendor != "postgresql":
        raise BackfillNotOnPostgresql(alias=using, vendor=connection.vendor)
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        [(pid,)] = cursor.fetchall()
    if connection.connection.info.backend_pid != pid:  # psycopg 2.8 and 3 alike.
        raise BackfillThroughPooler(alias=using)
