"""instances.restoreBackup: over the data of an instance, or into one that is made for it."""

from __future__ import annotations

from hrmsops.postgres.cluster import Cluster
from hrmsops.postgres.recovery import recover
from hrmsops.sandbox.api import Request
from hrmsops.sandbox.cloud_sql import (
    backup_runs,
    backups,
    instances,
    names,
    operations,
    refusals,
    settings,
)
from hrmsops.sandbox.cloud_sql.clones import RECOVERY_SECONDS_MAX
from hrmsops.sandbox.cloud_sql.cloud import BACKUPS, INSTANCES, WORK, CloudSql, Kind
from hrmsops.sandbox.cloud_sql.refusals import OperationFailed
from hrmsops.sandbox.state import Json


def restore(cloud: CloudSql, request: Request) -> Json:
    """A backup run goes into an instance that exists; a backup by name also into a new one.

    The data, roles and passwords become those of the backup, the logs of what was there are gone.
    """
    names.check_project(request.names["project"])
    body, name = request.body, request.names["instance"]
    by_name = bool(body.get("backup"))
    backup = _named(cloud, body) if by_name else _numbered(cloud, body, target=name)
    if backup["status"] != "SUCCESSFUL":
        raise refusals.invalid("the backup is not successful")
    with cloud.state.change():
        document = cloud.state.get(INSTANCES, name)
        if document is None and not by_name:
            raise refusals.no_instance()
        if document is None:
            _new(cloud, name, backup, body.get("restoreInstanceSettings") or {})
        else:
            _check_target(cloud, document)
        operation = _begin(cloud, request, name, backup, is_new=document is None)
        if document is not None:
            instances.change(cloud, name, state="MAINTENANCE")
    return operations.go(cloud, operation)


def _begin(cloud: CloudSql, request: Request, name: str, backup: Json, *, is_new: bool) -> Json:
    context = {
        "kind": "sql#backupContext",
        "backupId": backup["id"],
        "name": names.backup_name(backup["uid"]),
    }
    # A source that is backed up or deleted meanwhile is another's business: its files are whole.
    return operations.begin(
        cloud,
        kind="sql.restore",
        type_="RESTORE_VOLUME",
        target=name,
        account=request.account,
        shown={"backupContext": context},
        delay=cloud.distance.clone_delay,
        backup=backup["id"],
        is_new=is_new,
        is_restored=False,
    )


def _named(cloud: CloudSql, body: Json) -> Json:
    return backup_runs.by_name(cloud, str(body["backup"]))


def _numbered(cloud: CloudSql, body: Json, *, target: str) -> Json:
    context = body.get("restoreBackupContext") or {}
    number = str(context.get("backupRunId", ""))
    if not number:
        raise refusals.invalid("a backup is missing")
    source = str(context.get("instanceId") or target)
    if context.get("project"):
        names.check_project(str(context["project"]))
    instances.by_name(cloud, source)
    return backup_runs.by_number(cloud, source, number)


def _new(cloud: CloudSql, name: str, backup: Json, wish: Json) -> None:
    """A new instance has the settings that are in the backup, and those that are wished over."""
    wanted = settings.merged(backup["settings"], wish.get("settings") or {})
    wanted |= {"settingsVersion": "1", "activationPolicy": "ALWAYS"}
    instances.new(cloud, name, state="PENDING_CREATE", wanted=wanted)


def _check_target(cloud: CloudSql, document: Json) -> None:
    operations.check_idle(cloud, document["name"])
    if instances.shown_state(document) not in ("RUNNABLE", "FAILED") or not settings.is_on(
        document["settings"]
    ):
        raise refusals.not_running()


def _act(cloud: CloudSql, work: Json) -> Json:
    if not work["is_restored"]:
        _replace(cloud, work)
    backups.first(cloud, work["target"])
    return {}


def _replace(cloud: CloudSql, work: Json) -> None:
    name, backup = work["target"], cloud.state.get(BACKUPS, work["backup"])
    if backup is None:
        raise OperationFailed("ERROR_BACKUP_NOT_FOUND", "The backup was deleted meanwhile.")
    document = instances.by_name(cloud, name)
    flags = dict(settings.flags_of(document["settings"]))

    def build(cluster: Cluster) -> None:
        _restore(cloud, backup, cluster, flags)

    if name in cloud.instances.names():
        with cloud.instances.held(name) as cluster:
            build(cluster)
    else:
        cloud.instances.create_from(name, build, version=backup["version"])
    # The logs of what was there are gone: only what is backed up from now on can be recovered.
    changes = {"state": "RUNNABLE", "line": document["line"] + 1, "logs_until": None}
    with cloud.state.change():
        instances.change(cloud, name, **changes)
        cloud.state.put(WORK, work["operation"], {**work, "is_restored": True})


def _restore(cloud: CloudSql, backup: Json, cluster: Cluster, flags: dict[str, str]) -> None:
    recover(
        cluster,
        backup=cloud.backups.folder(backup["id"]),
        password=cloud.backups.record(backup["id"]).superuser_password,
        moment=None,
        flags=flags,
        timeout_seconds=RECOVERY_SECONDS_MAX,
    )


def _fail(cloud: CloudSql, work: Json) -> None:
    """One that runs as before is as before; one whose data are gone has failed."""
    is_well = not work["is_new"] and instances.is_running(cloud, work["target"])
    instances.change(cloud, work["target"], state="RUNNABLE" if is_well else "FAILED")


KINDS = {"sql.restore": Kind(act=_act, fail=_fail)}
