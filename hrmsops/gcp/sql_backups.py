"""A backup as the project has it; see Backup in the Cloud SQL Admin API v1."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from hrmsops.gcp.resources import short
from hrmsops.gcp.sql_resources import Backup


def kept_backup(found: dict[str, Any]) -> Backup:
    """Its number is that of its backup run, where it is one; a final backup has only a name."""
    interval, size = found.get("backupInterval", {}), found.get("maxChargeableBytes")
    return Backup(
        id=short(found.get("backupRun", "") or found["name"]),
        instance=short(found.get("instance", "")),
        kind=found.get("type", ""),
        status=found.get("state", ""),
        began_at=_moment(interval.get("startTime")),
        ended_at=_moment(interval.get("endTime")),
        bytes_max=int(size) if size else None,
        description=found.get("description", ""),
        error=found.get("error", {}).get("message", ""),
        name=found["name"],
        database_version=found.get("databaseVersion", ""),
        settings=found.get("instanceSettings", {}).get("settings", {}),
        instance_deleted_at=_moment(found.get("instanceDeletionTime")),
    )


def _moment(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None
