"""Whether every write that was acknowledged is in the database, asked of the database itself."""

from __future__ import annotations

from collections.abc import Iterable

from hrmsops.sandbox.traffic import EMPLOYEES, LEAVE_REQUESTS, Acknowledged


def lost_writes(dsn: str, acknowledged: Iterable[Acknowledged]) -> list[Acknowledged]:
    """The acknowledged writes whose row is missing, or bears another key than was answered.

    `dsn` is a libpq connection string of a role that may read the application's tables.
    """
    import psycopg
    from psycopg import sql

    writes = list(acknowledged)
    kept: set[Acknowledged] = set()
    with psycopg.connect(dsn, connect_timeout=5, application_name="hrmsops drill") as connection:
        connection.execute("SET statement_timeout = '30s'")
        for table in (EMPLOYEES, LEAVE_REQUESTS):
            rows = connection.execute(
                sql.SQL("SELECT request_id, id FROM {} WHERE request_id = ANY(%s)").format(
                    sql.Identifier(table)
                ),
                [[write.request_id for write in writes if write.table == table]],
            )
            kept |= {Acknowledged(request_id=key, table=table, row_id=row) for key, row in rows}
    return [write for write in writes if write not in kept]
