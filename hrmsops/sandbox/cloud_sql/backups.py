"""Backups: taken, kept by count, restored from, outliving their instance or not."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime

from hrmsops.postgres.archive import prune
from hrmsops.sandbox.cloud_sql import instances, moments, operations, settings, window
from hrmsops.sandbox.cloud_sql.cloud import BACKUPS, CloudSql, Kind
from hrmsops.sandbox.cloud_sql.names import backup_name
from hrmsops.sandbox.cloud_sql.refusals import OperationFailed
from hrmsops.sandbox.state import Json

RETAINED = 7


def new(cloud: CloudSql, document: Json, *, type_: str, description: str = "") -> Json:
    """Keep a backup that is to be taken; call it inside `state.change()`.

    `ended` is a moment of the machine's clock, `line` the instance's history that it belongs to.
    """
    now = cloud.distance.timestamp()
    number = max(
        int(datetime.now(UTC).timestamp() * 1000), int(cloud.state.setting("sql backup", 0)) + 1
    )
    cloud.state.set("sql backup", number)
    backup: Json = {
        "id": str(number),
        "uid": str(uuid.uuid4()),
        "instance": document["name"],
        "type": type_,
        "status": "ENQUEUED",
        "description": description,
        "enqueuedTime": now,
        "windowStartTime": now,
        "line": document["line"],
        "ended": None,
        "settings": document["settings"],
        "version": instances.version_of(cloud, document["name"]),
    }
    cloud.state.put(BACKUPS, backup["id"], backup)
    return backup


def begin(
    cloud: CloudSql, document: Json, *, type_: str, account: str, description: str = ""
) -> Json:
    """Accept a backup of an instance; call it inside `state.change()`, then `operations.go`."""
    operations.check_idle(cloud, document["name"])
    backup = new(cloud, document, type_=type_, description=description)
    context = {
        "kind": "sql#backupContext",
        "backupId": backup["id"],
        "name": backup_name(backup["uid"]),
    }
    return operations.begin(
        cloud,
        kind="sql.backup",
        type_="BACKUP_VOLUME",
        target=document["name"],
        account=account,
        shown={"backupContext": context},
        backup=backup["id"],
    )


def first(cloud: CloudSql, name: str) -> None:
    """The automated backup that an instance has from its birth, or after a restore.

    Unlike Cloud SQL, which takes it minutes later by itself.
    """
    document = instances.by_name(cloud, name)
    if settings.has_backups(document["settings"]) and not window.usable(cloud, document):
        with cloud.state.change():
            backup = new(cloud, document, type_="AUTOMATED")
        take(cloud, backup["id"])


def take(cloud: CloudSql, number: str) -> None:
    """Take a backup that is kept already; raises what goes wrong, and it is FAILED then."""
    backup = change(cloud, number, status="RUNNING", startTime=cloud.distance.timestamp())
    name = backup["instance"]
    if not instances.is_running(cloud, name):
        failed(cloud, number)
        raise OperationFailed("BACKUP_FAILED", "The instance is not running.")
    try:
        with cloud.instances.held(name) as cluster:
            taken = cloud.backups.take(number, cluster, cloud.instances.record(name))
    except Exception:
        if not cloud.closing.is_set():
            failed(cloud, number)
        raise
    change(
        cloud,
        number,
        status="SUCCESSFUL",
        endTime=moments.in_cloud(cloud, taken.ended),
        ended=taken.ended.isoformat(),
        timeline=taken.timeline,
        first_segment=taken.first_segment,
        size=taken.size_bytes,
    )
    retain(cloud, name)


def failed(cloud: CloudSql, number: str) -> None:
    """A backup that could not be taken stays in the list, as Cloud SQL leaves it."""
    error = {"kind": "sql#operationError", "code": "INTERNAL_ERROR", "message": "Backup failed."}
    cloud.backups.remove(number)
    change(cloud, number, status="FAILED", endTime=cloud.distance.timestamp(), error=error)


def change(cloud: CloudSql, number: str, **changes: object) -> Json:
    """Change what is kept of a backup."""
    with cloud.state.change():
        backup = {**(cloud.state.get(BACKUPS, number) or {}), **changes}
        cloud.state.put(BACKUPS, number, backup)
    return backup


def retain(cloud: CloudSql, name: str) -> None:
    """Drop the oldest automated backups beyond those to retain, and logs that no backup needs."""
    document = instances.by_name(cloud, name)
    retention = document["settings"]["backupConfiguration"].get("backupRetentionSettings", {})
    count = int(retention.get("retainedBackups", RETAINED))
    automated = [each for each in of_instance(cloud, name) if each["type"] == "AUTOMATED"]
    for backup in [each for each in automated if each["status"] == "SUCCESSFUL"][count:]:
        forget(cloud, backup["id"])
    bases = window.usable(cloud, document)
    start = window.earliest(cloud, document)
    if not bases or start is None:
        return
    needed = next((e for e in bases if datetime.fromisoformat(e["ended"]) <= start), bases[-1])
    with cloud.instances.held(name) as cluster:
        prune(cluster, first=needed["first_segment"])


def of_instance(cloud: CloudSql, name: str) -> list[Json]:
    """The backups of an instance that is there, the newest first."""
    return [
        each
        for each in cloud.state.under(BACKUPS)
        if each["instance"] == name and "instanceDeletionTime" not in each
    ]


def forget(cloud: CloudSql, number: str) -> None:
    """Delete a backup with its data."""
    cloud.state.delete(BACKUPS, number)
    cloud.backups.remove(number)


def part_from(cloud: CloudSql, document: Json) -> None:
    """The instance goes: so do its backups, but for the retained and the final ones."""
    keeps = bool(document["settings"].get("retainBackupsOnDelete"))
    for backup in of_instance(cloud, document["name"]):
        if backup["type"] == "FINAL" or (keeps and backup["status"] == "SUCCESSFUL"):
            change(cloud, backup["id"], instanceDeletionTime=cloud.distance.timestamp())
        else:
            forget(cloud, backup["id"])


def _act(cloud: CloudSql, work: Json) -> None:
    take(cloud, work["backup"])


def _fail(cloud: CloudSql, work: Json) -> None:
    if (cloud.state.get(BACKUPS, work["backup"]) or {}).get("status") != "FAILED":
        failed(cloud, work["backup"])


def _delete(cloud: CloudSql, work: Json) -> None:
    forget(cloud, work["backup"])


KINDS = {"sql.backup": Kind(act=_act, fail=_fail), "sql.backup.delete": Kind(act=_delete)}
