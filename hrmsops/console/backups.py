"""A backup in one line, to be picked or read."""

from __future__ import annotations

from datetime import datetime

from hrmsops.console.ages import age
from hrmsops.gcp.sql_resources import Backup

GONE = " (the instance is gone)"


def line(backup: Backup, now: datetime) -> str:
    """`1763892312000  3 h old  AUTOMATED  12 MB  nhia-hrms-production-pg-0001`."""
    import humanize

    old = f"{age(now - backup.ended_at)} old" if backup.ended_at else "age unknown"
    size = humanize.naturalsize(backup.bytes_max) if backup.bytes_max else "size unknown"
    gone = GONE if backup.instance_deleted_at else ""
    return "  ".join((backup.id, old, backup.kind, size, f"{backup.instance}{gone}"))
