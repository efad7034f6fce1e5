"""Instances are made, changed, restarted and deleted."""

from __future__ import annotations

from hrmsops.postgres.cloud_sql_roles import ADMINISTRATOR
from hrmsops.sandbox.api import Request
from hrmsops.sandbox.cloud_sql import (
    backups,
    instances,
    names,
    operations,
    refusals,
    settings,
    window,
)
from hrmsops.sandbox.cloud_sql.cloud import INSTANCES, REGION, CloudSql, Kind
from hrmsops.sandbox.instances import START_SECONDS_MAX, User
from hrmsops.sandbox.state import Json


def insert(cloud: CloudSql, request: Request) -> Json:
    """instances.insert. Unlike Cloud SQL: one region, and one version of PostgreSQL."""
    names.check_project(request.names["project"])
    body = request.body
    version = f"POSTGRES_{cloud.instances.version}"
    if body.get("databaseVersion", version) != version:
        raise refusals.invalid(f"the sandbox has {version} only")
    if body.get("region", REGION) != REGION:
        raise refusals.invalid(f"the sandbox has the region {REGION} only")
    wanted = settings.merged(settings.defaults(), body.get("settings") or {})
    name = str(body.get("name", ""))
    with cloud.state.change():
        instances.new(
            cloud, name, state="PENDING_CREATE", wanted={**wanted, "settingsVersion": "1"}
        )
        operation = operations.begin(
            cloud,
            kind="sql.create",
            type_="CREATE",
            target=name,
            account=request.account,
            password=body.get("rootPassword"),
        )
    return operations.go(cloud, operation)


def patch(cloud: CloudSql, request: Request) -> Json:
    """instances.patch: a settingsVersion that is given must be the instance's."""
    document = instances.existing(cloud, request)
    wish = request.body.get("settings") or {}
    return _update(cloud, request, settings.merged(document["settings"], wish), wish)


def update(cloud: CloudSql, request: Request) -> Json:
    """instances.update: replaces all settings, and must name the settingsVersion."""
    instances.existing(cloud, request)
    wish = request.body.get("settings") or {}
    if "settingsVersion" not in wish:
        raise refusals.invalid("settingsVersion not provided")
    return _update(cloud, request, settings.merged(settings.defaults(), wish), wish)


def _update(cloud: CloudSql, request: Request, wanted: Json, wish: Json) -> Json:
    with cloud.state.change():
        document = instances.existing(cloud, request)
        current = document["settings"]["settingsVersion"]
        if str(wish.get("settingsVersion", current)) != current:
            raise refusals.stale()
        fresh = {**settings.checked(wanted), "settingsVersion": str(int(current) + 1)}
        operations.check_idle(cloud, document["name"])
        if instances.shown_state(document) != "RUNNABLE":
            raise refusals.not_running()
        operation = operations.begin(
            cloud,
            kind="sql.update",
            type_="UPDATE",
            target=document["name"],
            account=request.account,
            settings=fresh,
        )
    return operations.go(cloud, operation)


def restart(cloud: CloudSql, request: Request) -> Json:
    """instances.restart."""
    document = instances.running(cloud, request)
    with cloud.state.change():
        operation = operations.begin(
            cloud,
            kind="sql.restart",
            type_="RESTART",
            target=document["name"],
            account=request.account,
        )
    return operations.go(cloud, operation)


def delete(cloud: CloudSql, request: Request) -> Json:
    """instances.delete: its backups go with it, but for the retained and the final ones."""
    with cloud.state.change():
        document = instances.existing(cloud, request)
        if document["settings"].get("deletionProtectionEnabled"):
            raise refusals.protected()
        final = document["settings"].get("finalBackupConfig", {}).get("enabled", False)
        wants_final = final or request.flag("enableFinalBackup")
        operation = operations.begin(
            cloud,
            kind="sql.delete",
            type_="DELETE",
            target=document["name"],
            account=request.account,
            final=None,
            wants_final=wants_final and instances.is_running(cloud, document["name"]),
            description=request.query.get("finalBackupDescription", ""),
        )
        instances.change(cloud, document["name"], state="PENDING_DELETE")
    return operations.go(cloud, operation)


def _create(cloud: CloudSql, work: Json) -> Json:
    name, password = work["target"], work["password"]
    if name not in cloud.instances.names():
        users = (User(name=ADMINISTRATOR, password=password),) if password else ()
        cloud.instances.create(name, database="", owner="", users=users)
    cloud.instances.start(name)
    wanted = instances.by_name(cloud, name)["settings"]
    if settings.flags_of(wanted):
        _apply_flags(cloud, name, wanted)
    backups.first(cloud, name)
    return {"state": "RUNNABLE"}


def _change(cloud: CloudSql, work: Json) -> Json:
    name, fresh = work["target"], work["settings"]
    document = instances.by_name(cloud, name)
    before = document["settings"]
    if not settings.is_on(fresh):
        window.archive_before_stop(cloud, name)
        cloud.instances.stop(name)
    elif settings.flags_of(before) != settings.flags_of(fresh):
        _apply_flags(cloud, name, fresh)
    elif not settings.is_on(before):
        cloud.instances.start(name)
    # Logs that begin anew reach back to no backup from before.
    begins_anew = settings.has_pitr(fresh) and not settings.has_pitr(before)
    document = instances.by_name(cloud, name)
    return {"settings": fresh, "line": document["line"] + (1 if begins_anew else 0)}


def _restart(cloud: CloudSql, work: Json) -> None:
    cloud.instances.stop(work["target"])
    cloud.instances.start(work["target"])


def _delete(cloud: CloudSql, work: Json) -> None:
    name = work["target"]
    document = cloud.state.get(INSTANCES, name)
    if document is None:
        return
    if work["wants_final"] and instances.is_running(cloud, name):
        with cloud.state.change():
            final = backups.new(cloud, document, type_="FINAL", description=work["description"])
        backups.take(cloud, final["id"])
    cloud.instances.delete(name)
    cloud.authorities.forget(name)
    with cloud.state.change():
        backups.part_from(cloud, document)
        cloud.state.delete(INSTANCES, name)


def _apply_flags(cloud: CloudSql, name: str, wanted: Json) -> None:
    """Flags hold from a restart on; with ones that the server does not take it runs as before."""
    flags = settings.flags_of(wanted)
    with cloud.instances.held(name) as cluster:
        before = settings.flags_of(instances.by_name(cloud, name)["settings"])
        cluster.stop()
        cluster.set_flags(flags)
        try:
            cluster.start(timeout_seconds=START_SECONDS_MAX)
        except Exception:
            cluster.set_flags(before)
            cluster.start(timeout_seconds=START_SECONDS_MAX)
            raise


def _not_created(cloud: CloudSql, work: Json) -> None:
    instances.change(cloud, work["target"], state="FAILED")


def _not_deleted(cloud: CloudSql, work: Json) -> None:
    is_running = instances.is_running(cloud, work["target"])
    instances.change(cloud, work["target"], state="RUNNABLE" if is_running else "FAILED")


KINDS = {
    "sql.create": Kind(act=_create, fail=_not_created),
    "sql.update": Kind(act=_change),
    "sql.restart": Kind(act=_restart),
    "sql.delete": Kind(act=_delete, fail=_not_deleted),
}
