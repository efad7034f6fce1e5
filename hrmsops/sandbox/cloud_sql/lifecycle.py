"""The whole of Cloud SQL in one daemon: brought up, gone on with, watched, brought down."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from functools import partial

from hrmsops.sandbox.cloud_sql import (
    backups,
    changes,
    clones,
    databases,
    instances,
    operations,
    restores,
    settings,
    users,
)
from hrmsops.sandbox.cloud_sql.cloud import (
    BACKUPS,
    INSTANCES,
    OPERATIONS,
    WORK,
    WORKERS,
    CloudSql,
    Kind,
)
from hrmsops.sandbox.cloud_sql.refusals import SqlRefusal
from hrmsops.sandbox.state import State

KINDS: Mapping[str, Kind] = {
    **backups.KINDS,
    **changes.KINDS,
    **clones.KINDS,
    **databases.KINDS,
    **restores.KINDS,
    **users.KINDS,
}
SYSTEM_ACCOUNT = "service-account@cloud-sql.example"
BACKUP_EVERY = timedelta(days=1)
_LOOK_EVERY_SECONDS = 60.0
_CLOSE_SECONDS_MAX = 30.0


def asleep(state: State) -> set[str]:
    """Instances whose servers are not to be started as they are.

    Their owner stopped them, their data are gone, or an operation is about to replace them.
    """
    resting = {
        each["name"]
        for each in state.under(INSTANCES)
        if each["state"] != "RUNNABLE" or not settings.is_on(each["settings"])
    }
    return resting | {each["target"] for each in state.under(WORK) if each["kind"] == "sql.restore"}


def register(cloud: CloudSql, name: str, *, account: str) -> None:
    """An instance that was made without the API becomes one of the API's, with a first backup."""
    with cloud.state.change():
        document = instances.new(cloud, name, state="RUNNABLE", wanted=settings.of_estate())
        operation = backups.begin(cloud, document, type_="AUTOMATED", account=account)
    operations.run(cloud, operation["name"])


def resume(cloud: CloudSql) -> None:
    """After a start: every instance is known, and what was begun goes on."""
    _give_up_backups(cloud)
    for work in operations.unfinished(cloud):
        operation = cloud.state.get(OPERATIONS, work["operation"])
        if operation is not None:
            operations.go(cloud, operation)
    known = {each["name"] for each in cloud.state.under(INSTANCES)}
    for name in cloud.instances.names():
        if name not in known:
            cloud.background.submit(name, partial(_register, cloud, name))
    threading.Thread(target=_watch, args=(cloud,), daemon=True).start()


def _give_up_backups(cloud: CloudSql) -> None:
    """A backup that was part of another operation is begun anew with it, under another number."""
    own = {work["backup"] for work in operations.unfinished(cloud) if work["kind"] == "sql.backup"}
    for backup in cloud.state.under(BACKUPS):
        if backup["status"] in ("ENQUEUED", "RUNNING") and backup["id"] not in own:
            backups.failed(cloud, backup["id"])


def _register(cloud: CloudSql, name: str) -> None:
    register(cloud, name, account=SYSTEM_ACCOUNT)


def close(cloud: CloudSql) -> None:
    """Let what is at work come to its end, and what waits go on at the next start."""
    cloud.closing.set()
    cloud.background.close()
    for _ in range(WORKERS):
        if not cloud.busy.acquire(timeout=_CLOSE_SECONDS_MAX):
            return


def back_up_now(cloud: CloudSql, name: str) -> object:
    """The automated backup, as the schedule would take it; answers its operation."""
    with cloud.state.change():
        document = instances.by_name(cloud, name)
        operation = backups.begin(cloud, document, type_="AUTOMATED", account=SYSTEM_ACCOUNT)
    return operations.go(cloud, operation)


def _watch(cloud: CloudSql) -> None:
    while not cloud.closing.wait(_LOOK_EVERY_SECONDS):
        for document in cloud.state.under(INSTANCES):
            if _is_due(cloud, document["name"]):
                try:
                    back_up_now(cloud, document["name"])
                except SqlRefusal:
                    continue  # It is busy: there is another minute.


def _is_due(cloud: CloudSql, name: str) -> bool:
    document = instances.by_name(cloud, name)
    if not settings.has_backups(document["settings"]) or not instances.is_running(cloud, name):
        return False
    ended = [
        datetime.fromisoformat(each["ended"])
        for each in backups.of_instance(cloud, name)
        if each["type"] == "AUTOMATED" and each["ended"]
    ]
    return not ended or datetime.now(UTC) - max(ended) > BACKUP_EVERY
