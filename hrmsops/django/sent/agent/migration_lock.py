"""One at a time migrates a database."""

import time

from ..wire import Refused

_LOCK = (0x68726D73, 1)
"""The advisory lock of whoever migrates this database, in pg_advisory_lock's two halves."""
_POLL_SECONDS = 0.2


def take_lock(session):
    """Wait for it where our own run has it still; whoever else has it is refused by name."""
    deadline = time.monotonic() + session.request["lock_wait_seconds"]
    while not session.rows("SELECT pg_try_advisory_lock(%s, %s)", _LOCK)[0][0]:
        holder = _holder(session)
        is_ours = holder and holder["application"] == session.request["application_name"]
        if holder and not (is_ours and time.monotonic() < deadline):
            raise Refused("locked", **holder)
        if holder:
            session.wire.emit("lock", **holder)
        time.sleep(_POLL_SECONDS)


def _holder(session):
    found = session.rows(
        "SELECT a.pid, a.usename, a.application_name, host(a.client_addr), a.backend_start"
        " FROM pg_locks l JOIN pg_stat_activity a USING (pid) WHERE l.locktype = 'advisory'"
        " AND l.granted AND l.classid = %s AND l.objid = %s AND l.objsubid = 2 AND l.database ="
        " (SELECT oid FROM pg_database WHERE datname = current_database())",
        _LOCK,
    )
    names = ("pid", "user", "application", "client", "since")
    return dict(zip(names, found[0])) if found else None
