"""Which transactions a recovered database holds, and which it lost."""

from __future__ import annotations

from hrmsops.postgres.differences import Snapshot
from hrmsops.postgres.rows import WRITER


def horizon_of(recovered: Snapshot) -> int:
    """A number from which on a recovered database holds no transaction of the old one.

    To be asked before anything is written to its tables. It is the last writer of any row, and one:
    the server's own next number would not do. A recovery ends with transactions of its own (a
    password, a new role), whose numbers the old database had given to its users' writes.
    """
    from psycopg import sql

    last = 0
    for name in recovered.catalog.tables:
        query = sql.SQL("SELECT max({}) FROM {} AS t").format(
            sql.SQL(WRITER), sql.Identifier(*name)
        )
        row = recovered.session.execute(query).fetchone()
        last = max(last, int(row[0] or 0) if row else 0)
    return last + 1
