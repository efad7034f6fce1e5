"""instances.clone: a new instance, as its source is or as it was at a moment."""

from __future__ import annotations

import shutil
from datetime import datetime
from pathlib import Path

from hrmsops.postgres.backup import take_backup
from hrmsops.postgres.cluster import Cluster
from hrmsops.postgres.recovery import Moment, recover
from hrmsops.sandbox.api import Request
from hrmsops.sandbox.cloud_sql import instances, moments, operations, refusals, settings, window
from hrmsops.sandbox.cloud_sql.cloud import BACKUPS, INSTANCES, CloudSql, Kind
from hrmsops.sandbox.cloud_sql.refusals import OperationFailed
from hrmsops.sandbox.state import Json

RECOVERY_SECONDS_MAX = 3600.0
_UNKNOWN_HERE = ("binLogCoordinates", "databaseNames", "destinationProject", "pitrTimestampMs")


def clone(cloud: CloudSql, request: Request) -> Json:
    """Answers at once; the clone is there, PENDING_CREATE, until its operation has ended.

    Unlike Cloud SQL: of the context only `destinationInstanceName` and `pointInTime` are taken,
    zones and networks are ignored, and what else would change the outcome is refused.
    """
    source = instances.existing(cloud, request)
    context = request.body.get("cloneContext") or {}
    if unknown := [name for name in _UNKNOWN_HERE if context.get(name)]:
        raise refusals.invalid(f"the sandbox's clones know no {', '.join(unknown)}")
    name = str(context.get("destinationInstanceName", ""))
    with cloud.state.change():
        wanted = settings.for_clone(
            source["settings"], is_running=instances.is_running(cloud, source["name"])
        )
        instances.new(cloud, name, state="PENDING_CREATE", wanted=wanted)
        operations.check_idle(cloud, source["name"])
        operation = operations.begin(
            cloud,
            kind="sql.clone",
            type_="CLONE",
            target=name,
            besides=[source["name"]],
            account=request.account,
            delay=cloud.distance.clone_delay,
            source=source["name"],
            **_origin(cloud, source, context),
        )
    return operations.go(cloud, operation)


def _origin(cloud: CloudSql, source: Json, context: Json) -> Json:
    """What the clone is made of, decided when it is asked for: `moment` and `backup`, or now."""
    if not context.get("pointInTime"):
        if not instances.is_running(cloud, source["name"]):
            raise refusals.not_running()
        return {"moment": None, "backup": None}
    asked = moments.parsed(context["pointInTime"], field="pointInTime")
    moment = moments.on_machine(cloud, asked)
    window.check(cloud, source, moment)
    backup = window.base_for(cloud, source, moment)
    return {"moment": moment.isoformat(), "backup": backup["id"]}


def _act(cloud: CloudSql, work: Json) -> Json:
    name, source = work["target"], work["source"]
    if name not in cloud.instances.names():
        document = instances.by_name(cloud, name)
        version = cloud.instances.record(source).version
        flags = settings.flags_of(document["settings"])

        def build(cluster: Cluster) -> None:
            if work["moment"] is None:
                _copy(cloud, source, cluster, dict(flags))
            else:
                _recover(cloud, work, cluster, dict(flags))

        cloud.instances.create_from(name, build, version=version)
    cloud.instances.start(name)
    return {"state": "RUNNABLE"}


def _copy(cloud: CloudSql, source: str, clone: Cluster, flags: dict[str, str]) -> None:
    """The source as it is now, whether or not it keeps backups and logs."""
    backup = clone.folder.parent / f"{clone.folder.name}.backup"
    try:
        with cloud.instances.held(source) as cluster:
            take_backup(cluster, backup)
        _make(cloud, source, clone, backup, moment=None, flags=flags)
    finally:
        shutil.rmtree(backup, ignore_errors=True)


def _recover(cloud: CloudSql, work: Json, clone: Cluster, flags: dict[str, str]) -> None:
    source, backup = work["source"], cloud.state.get(BACKUPS, work["backup"])
    if backup is None:
        raise OperationFailed("ERROR_BACKUP_NOT_FOUND", "The backup was deleted meanwhile.")
    if instances.is_running(cloud, source):
        window.archive_all(cloud, source)
    with cloud.instances.held(source) as cluster:
        archive = cluster.archive
    moment = Moment(
        at=datetime.fromisoformat(work["moment"]), archive=archive, timeline=backup["timeline"]
    )
    folder = cloud.backups.folder(backup["id"])
    _make(cloud, source, clone, folder, moment=moment, flags=flags)


def _make(
    cloud: CloudSql,
    source: str,
    clone: Cluster,
    backup: Path,
    *,
    moment: Moment | None,
    flags: dict[str, str],
) -> None:
    recover(
        clone,
        backup=backup,
        password=cloud.instances.record(source).superuser_password,
        moment=moment,
        flags=flags,
        timeout_seconds=RECOVERY_SECONDS_MAX,
    )


def _fail(cloud: CloudSql, work: Json) -> None:
    """A clone that came to nothing stays in the list, FAILED, until it is deleted.

    Unlike Cloud SQL, as far as we know: its source's protection never takes effect on it.
    """
    if document := cloud.state.get(INSTANCES, work["target"]):
        unprotected = {**document["settings"], "deletionProtectionEnabled": False}
        instances.change(cloud, work["target"], state="FAILED", settings=unprotected)


KINDS = {"sql.clone": Kind(act=_act, fail=_fail)}
