"""Which transactions a recovered database holds, and which it lost."""

from __future__ import annotations

from hrmsops.postgres.differences import Snapshot
from hrmsops.postgres.readable import unreadable
from hrmsops.postgres.rows import WRITER

FIRST_NUMBER = 3
"""The first that PostgreSQL gives to a transaction (FirstNormalTransactionId)."""
NUMBERS_LOOKED_BACK = 1_000_000
"""How many others may have begun after a transaction that ran at the moment; asked in a second."""


def horizon_of(recovered: Snapshot) -> int:
    """A number from which on a recovered database holds no transaction of the old one.

    To be asked before anything is written to its tables. It is the last writer of any row, and one:
    the server's own next number would not do. A recovery ends with transactions of its own (a
    password, a new role), whose numbers the old database had given to its users' writes.
    """
    from psycopg import sql

    last = 0
    for name in recovered.catalog.tables.keys() - unreadable(recovered):
        query = sql.SQL("SELECT max({}) FROM {} AS t").format(
            sql.SQL(WRITER), sql.Identifier(*name)
        )
        row = recovered.session.execute(query).fetchone()
        last = max(last, int(row[0] or 0) if row else 0)
    return last + 1


def in_flight(recovered: Snapshot, horizon: int) -> frozenset[int]:
    """Numbers below the horizon of transactions that the recovered database does not hold either.

    They ran at the moment that it went back to, as a migration does just before its commit: later
    ones had committed by then. The old database may have committed them since.
    """
    rows = recovered.session.execute(
        "SELECT n FROM generate_series(%s::bigint, %s::bigint) AS n"
        " WHERE coalesce(pg_xact_status(n::text::xid8), 'committed') <> 'committed'",
        [max(FIRST_NUMBER, horizon - NUMBERS_LOOKED_BACK), horizon - 1],
    )
    return frozenset(number for (number,) in rows)


def next_number(seen: Snapshot) -> int:
    """No transaction that begins from now on has a smaller number."""
    row = seen.session.execute(
        "SELECT pg_snapshot_xmax(pg_current_snapshot())::text::bigint"
    ).fetchone()
    assert row
    return int(row[0])
