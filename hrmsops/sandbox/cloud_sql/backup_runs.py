"""backupRuns and Backups: an instance's backups by number, and the project's by name."""

from __future__ import annotations

import re

from hrmsops.sandbox.api import Request, page
from hrmsops.sandbox.cloud_sql import backups, instances, names, operations, refusals
from hrmsops.sandbox.cloud_sql.cloud import BACKUPS, PROJECT, CloudSql
from hrmsops.sandbox.state import Json

_LIST_MAX = 500
_TERM = re.compile(r"(instance|type)[:=]\"?([\w-]+)\"?")
_RUN_FIELDS = ("startTime", "endTime", "description", "error")
_STATES = {"DELETED": "DELETING"}


def list_runs(cloud: CloudSql, request: Request) -> Json:
    """backupRuns.list: the newest first."""
    document = instances.existing(cloud, request)
    found = [run_view(each) for each in backups.of_instance(cloud, document["name"])]
    shown, mark = page(found, request, size="maxResults", mark="pageToken", largest=_LIST_MAX)
    answer: Json = {"kind": "sql#backupRunsList", "items": shown}
    return {**answer, "nextPageToken": mark} if mark else answer


def get_run(cloud: CloudSql, request: Request) -> Json:
    """backupRuns.get."""
    return run_view(_run(cloud, request))


def insert_run(cloud: CloudSql, request: Request) -> Json:
    """backupRuns.insert: an on-demand backup; only its description is the caller's."""
    return _insert(cloud, instances.existing(cloud, request), request)


def delete_run(cloud: CloudSql, request: Request) -> Json:
    """backupRuns.delete. Unlike Cloud SQL: one that the recovery window needs may go as well."""
    return _delete(cloud, _run(cloud, request), request)


def list_backups(cloud: CloudSql, request: Request) -> Json:
    """Backups.ListBackups: also of instances that are gone; filtered by instance and type."""
    names.check_project(request.names["project"])
    terms = _TERM.findall(request.query.get("filter", ""))
    found = [
        backup_view(cloud, each)
        for each in cloud.state.under(BACKUPS)
        if all(each[field] == value for field, value in terms)
    ]
    shown, mark = page(found, request, size="pageSize", mark="pageToken", largest=_LIST_MAX)
    return {"backups": shown, **({"nextPageToken": mark} if mark else {})}


def get_backup(cloud: CloudSql, request: Request) -> Json:
    """Backups.GetBackup."""
    return backup_view(cloud, _backup(cloud, request))


def create_backup(cloud: CloudSql, request: Request) -> Json:
    """Backups.CreateBackup: an on-demand backup of the instance in the body."""
    names.check_project(request.names["project"])
    wanted = str(request.body.get("instance", "")).rpartition("/")[2]
    return _insert(cloud, instances.by_name(cloud, wanted), request)


def delete_backup(cloud: CloudSql, request: Request) -> Json:
    """Backups.DeleteBackup."""
    return _delete(cloud, _backup(cloud, request), request)


def by_name(cloud: CloudSql, name: str) -> Json:
    """The backup that is called `projects/PROJECT/backups/UID`."""
    matched = re.fullmatch(r"projects/([^/]+)/backups/([^/]+)", name)
    if matched is None:
        raise refusals.invalid(f"{name} is no name of a backup")
    names.check_project(matched[1])
    for backup in cloud.state.under(BACKUPS):
        if backup["uid"] == matched[2]:
            return backup
    raise refusals.SqlRefusal(404, "backupDoesNotExist", "The backup does not exist.")


def by_number(cloud: CloudSql, instance: str, number: str) -> Json:
    """The backup run of an instance that is there."""
    backup = cloud.state.get(BACKUPS, number)
    if backup is None or backup["instance"] != instance or "instanceDeletionTime" in backup:
        raise refusals.no_backup_run()
    return backup


def run_view(backup: Json) -> Json:
    """A BackupRun."""
    shown: Json = {
        "kind": "sql#backupRun",
        "id": backup["id"],
        "instance": backup["instance"],
        "status": backup["status"],
        "type": "ON_DEMAND" if backup["type"] == "FINAL" else backup["type"],
        "backupKind": "SNAPSHOT",
        "location": "us",
        "databaseVersion": f"POSTGRES_{backup['version']}",
        "enqueuedTime": backup["enqueuedTime"],
        "windowStartTime": backup["windowStartTime"],
        "selfLink": names.link("instances", backup["instance"], "backupRuns", backup["id"]),
        **{field: backup[field] for field in _RUN_FIELDS if backup.get(field)},
    }
    return {**shown, **_size(backup)}


def backup_view(cloud: CloudSql, backup: Json) -> Json:
    """A Backup, with the settings that its instance had."""
    times = {"startTime": backup.get("startTime"), "endTime": backup.get("endTime")}
    kept = ("description", "error", "instanceDeletionTime", "expiryTime")
    instance = {
        "kind": "sql#instance",
        "name": backup["instance"],
        "project": PROJECT,
        "databaseVersion": f"POSTGRES_{backup['version']}",
        "settings": backup["settings"],
    }
    return {
        "kind": "sql#backup",
        "name": names.backup_name(backup["uid"]),
        "selfLink": names.link("backups", backup["uid"]),
        "type": backup["type"],
        "state": _STATES.get(backup["status"], backup["status"]),
        "instance": backup["instance"],
        "location": "us",
        "backupKind": "SNAPSHOT",
        "databaseVersion": instance["databaseVersion"],
        "backupInterval": {name: time for name, time in times.items() if time},
        "backupRun": f"projects/{PROJECT}/instances/{backup['instance']}/backupRuns/{backup['id']}",
        "instanceSettings": instance,
        **{field: backup[field] for field in kept if backup.get(field)},
        **_size(backup),
    }


def _size(backup: Json) -> Json:
    return {"maxChargeableBytes": str(backup["size"])} if "size" in backup else {}


def _run(cloud: CloudSql, request: Request) -> Json:
    document = instances.existing(cloud, request)
    return by_number(cloud, document["name"], request.names["id"])


def _backup(cloud: CloudSql, request: Request) -> Json:
    return by_name(cloud, f"projects/{request.names['project']}/backups/{request.names['backup']}")


def _insert(cloud: CloudSql, document: Json, request: Request) -> Json:
    name = document["name"]
    if instances.shown_state(document) != "RUNNABLE" or not instances.is_running(cloud, name):
        raise refusals.not_running()
    description = str(request.body.get("description", ""))
    with cloud.state.change():
        operation = backups.begin(
            cloud, document, type_="ON_DEMAND", account=request.account, description=description
        )
    return operations.go(cloud, operation)


def _delete(cloud: CloudSql, backup: Json, request: Request) -> Json:
    with cloud.state.change():
        operation = operations.begin(
            cloud,
            kind="sql.backup.delete",
            type_="DELETE_BACKUP",
            target=backup["instance"],
            account=request.account,
            backup=backup["id"],
        )
    return operations.go(cloud, operation)
