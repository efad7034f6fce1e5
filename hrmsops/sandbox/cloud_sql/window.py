"""The moments that can be recovered: from the oldest usable backup to where the logs end."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hrmsops.errors import HrmsopsError
from hrmsops.postgres.archive import settle
from hrmsops.sandbox.api import Request
from hrmsops.sandbox.cloud_sql import instances, moments, refusals, settings
from hrmsops.sandbox.cloud_sql.cloud import BACKUPS, CloudSql
from hrmsops.sandbox.state import Json

ARCHIVE_SECONDS_MAX = 30.0


def usable(cloud: CloudSql, document: Json) -> list[Json]:
    """Backups that a recovery of this instance can start from, the newest first.

    One from before a restore, or from before its logs began anew, belongs to another history.
    """
    found = [
        each
        for each in cloud.state.under(BACKUPS)
        if each["instance"] == document["name"]
        and each["status"] == "SUCCESSFUL"
        and each["line"] == document["line"]
        and "instanceDeletionTime" not in each
    ]
    return sorted(found, key=lambda each: str(each["ended"]), reverse=True)


def base_for(cloud: CloudSql, document: Json, moment: datetime) -> Json:
    """The newest backup that had ended by a moment of the machine's clock, or a refusal.

    An older one would take longer, a younger one recovers other data without any error.
    """
    for backup in usable(cloud, document):
        if datetime.fromisoformat(backup["ended"]) <= moment:
            return backup
    raise refusals.no_base_backup()


def earliest(cloud: CloudSql, document: Json) -> datetime | None:
    """The first moment, by the machine's clock; None without a usable backup."""
    backups = usable(cloud, document)
    if not backups:
        return None
    days = document["settings"]["backupConfiguration"].get("transactionLogRetentionDays", 7)
    oldest = datetime.fromisoformat(backups[-1]["ended"])
    return max(oldest, datetime.now(UTC) - timedelta(days=days))


def latest(cloud: CloudSql, document: Json) -> datetime | None:
    """The last moment, by the machine's clock: it trails now; None where no logs are known."""
    if instances.is_running(cloud, document["name"]):
        return datetime.now(UTC) - cloud.distance.log_lag
    return moments.kept(document, "logs_until")


def check(cloud: CloudSql, document: Json, moment: datetime) -> None:
    """Refuse a moment (of the machine's clock) that cannot be recovered."""
    if not settings.has_pitr(document["settings"]):
        raise refusals.invalid("point-in-time recovery is not enabled for the instance")
    if moment > datetime.now(UTC):
        raise refusals.invalid("the point in time is in the future")
    first, last = earliest(cloud, document), latest(cloud, document)
    if first is None or moment < first:
        raise refusals.no_base_backup()
    if last is None:
        raise refusals.not_running()
    if moment > last:
        told = moments.in_cloud(cloud, last)
        raise refusals.invalid(f"the point in time is after the latest recovery time, {told}")


def get_latest_recovery_time(cloud: CloudSql, request: Request) -> Json:
    """projects.instances.getLatestRecoveryTime."""
    document = instances.existing(cloud, request)
    if not settings.has_pitr(document["settings"]):
        raise refusals.invalid("point-in-time recovery is not enabled for the instance")
    first, last = earliest(cloud, document), latest(cloud, document)
    if first is None or last is None or last < first:
        raise refusals.no_base_backup()
    return {
        "kind": "sql#getLatestRecoveryTime",
        "earliestRecoveryTime": moments.in_cloud(cloud, first),
        "latestRecoveryTime": moments.in_cloud(cloud, last),
    }


def archive_all(cloud: CloudSql, name: str) -> None:
    """Bring the archive of a running instance up to now, and note how far it goes."""
    with cloud.instances.held(name) as cluster:
        until = settle(cluster, timeout_seconds=ARCHIVE_SECONDS_MAX)
    instances.change(cloud, name, logs_until=until.isoformat())


def archive_before_stop(cloud: CloudSql, name: str) -> None:
    """The same for one that is about to stop, as far as it still can."""
    if instances.is_running(cloud, name):
        try:
            archive_all(cloud, name)
        except (HrmsopsError, OSError):
            return  # Its logs end where they ended before.
