"""The lock of whoever migrates a database, as others see it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, LiteralString

if TYPE_CHECKING:
    from hrmsops.postgres.session import Session

# The agent's LOCK: "hrms", and 1.
KEYS = (0x68726D73, 1)
_HOLDER: LiteralString = """
    SELECT a.pid, a.usename::text, a.application_name, coalesce(host(a.client_addr), ''),
           coalesce(a.backend_start::text, '')
    FROM pg_locks l JOIN pg_stat_activity a USING (pid)
    WHERE l.locktype = 'advisory' AND l.granted AND l.objsubid = 2
      AND l.classid::bigint = %s AND l.objid::bigint = %s
      AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())
"""


@dataclass(frozen=True, kw_only=True)
class LockHolder:
    """The migrating session; `application` is `hrmsops RUN`."""

    pid: int
    user: str
    application: str
    client: str
    since: str


def lock_holder(session: Session) -> LockHolder | None:
    """Who migrates this database now; None: nobody of ours."""
    row = session.execute(_HOLDER, KEYS).fetchone()
    if row is None:
        return None
    pid, user, application, client, since = row
    return LockHolder(pid=pid, user=user, application=application, client=client, since=since)
