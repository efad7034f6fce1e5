"""Cloud SQL in hrmsops's words. Each method is one API call (a list: its pages); none waits."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import cached_property
from typing import Any

from hrmsops.gcp.clients import Clients
from hrmsops.gcp.resources import short
from hrmsops.gcp.sql_backups import kept_backup
from hrmsops.gcp.sql_errors import read, translated
from hrmsops.gcp.sql_resources import Backup, Instance, SqlOperation, Window


class CloudSql:
    """The Cloud SQL Admin API v1 of one project; instances are named without it."""

    def __init__(self, clients: Clients, *, project: str) -> None:
        self._clients, self._project = clients, project

    def instance(self, name: str) -> Instance:
        """instances.get; raises InstanceMissing."""
        call = self._instances.get(project=self._project, instance=name)
        with translated(f"read {name}", instance=name, permission="cloudsql.instances.get"):
            return _instance(read(call.execute))

    def instances(self) -> tuple[Instance, ...]:
        """instances.list: every page."""
        instances = self._instances
        request = instances.list(project=self._project)
        found: list[Any] = []
        with translated("list instances", instance="", permission="cloudsql.instances.list"):
            while request is not None:
                page = read(request.execute)
                found += page.get("items", ())
                request = instances.list_next(request, page)
        return tuple(_instance(each) for each in found)

    def window(self, name: str) -> Window:
        """instances.getLatestRecoveryTime."""
        call = self._windows.getLatestRecoveryTime(project=self._project, instance=name)
        doing = f"read the recovery window of {name}"
        with translated(doing, instance=name, permission="cloudsql.instances.get"):
            found = read(call.execute)
        earliest, latest = (found.get(f"{end}RecoveryTime") for end in ("earliest", "latest"))
        return Window(earliest=_moment(earliest) or _NEVER, latest=_moment(latest) or _NEVER)

    def backups(self, instance: str) -> tuple[Backup, ...]:
        """backupRuns.list: every page, newest first by their end."""
        runs = self._runs
        request = runs.list(project=self._project, instance=instance)
        found: list[Any] = []
        doing = f"list backups of {instance}"
        with translated(doing, instance=instance, permission="cloudsql.backupRuns.list"):
            while request is not None:
                page = read(request.execute)
                found += page.get("items", ())
                request = runs.list_next(request, page)
        backups = (_backup(each) for each in found)
        return tuple(sorted(backups, key=lambda b: b.ended_at or _FAR, reverse=True))

    def kept_backups(self) -> tuple[Backup, ...]:
        """Backups.ListBackups: of the whole project, those of deleted instances too.

        Every page, newest first by their end.
        """
        kept = self._clients.sql.Backups()
        request = kept.ListBackups(parent=f"projects/{self._project}")
        found: list[Any] = []
        with translated("list backups", instance="", permission="cloudsql.backupRuns.list"):
            while request is not None:
                page = read(request.execute)
                found += page.get("backups", ())
                request = kept.ListBackups_next(request, page)
        backups = (kept_backup(each) for each in found)
        return tuple(sorted(backups, key=lambda b: b.ended_at or _FAR, reverse=True))

    def operations(self, instance: str) -> tuple[SqlOperation, ...]:
        """operations.list of one instance: the first page, newest first."""
        call = self._operations.list(project=self._project, instance=instance, maxResults=20)
        doing = f"list operations of {instance}"
        with translated(doing, instance=instance, permission="cloudsql.instances.get"):
            found = read(call.execute)
        return tuple(_operation(each) for each in found.get("items", ()))

    def operation(self, name: str) -> SqlOperation:
        """operations.get."""
        call = self._operations.get(project=self._project, operation=name)
        doing = f"read operation {name}"
        with translated(doing, instance="", permission="cloudsql.instances.get"):
            return _operation(read(call.execute))

    def clone(self, source: str, *, into: str, at: datetime | None) -> SqlOperation:
        """instances.clone: ask for a new instance `into` as `source` was `at` (aware), or is now.

        Never repeated here: a second call could ask for a second clone.
        """
        context = {"destinationInstanceName": into}
        if at:
            context["pointInTime"] = rfc3339(at)
        body = {"cloneContext": context}
        call = self._instances.clone(project=self._project, instance=source, body=body)
        return self._asked(call, f"clone {source} into {into}", source, "clone", makes=into)

    def create_backup(self, instance: str, *, description: str) -> SqlOperation:
        """backupRuns.insert: an on-demand backup."""
        body = {"description": description}
        call = self._runs.insert(project=self._project, instance=instance, body=body)
        return self._asked(call, f"back up {instance}", instance, "backupRuns.create")

    def restore(self, backup: str, *, of: str, into: str) -> SqlOperation:
        """instances.restoreBackup into an instance that exists: replaces all its data."""
        context = {"backupRunId": backup, "instanceId": of, "project": self._project}
        call = self._instances.restoreBackup(
            project=self._project, instance=into, body={"restoreBackupContext": context}
        )
        return self._asked(call, f"restore backup {backup} into {into}", into, "restoreBackup")

    def restore_anew(self, backup: str, *, into: str, settings: dict[str, Any]) -> SqlOperation:
        """instances.restoreBackup of a backup by its full name, into an instance that it makes.

        `settings` overrides those that the backup has of its own instance.
        """
        body: dict[str, Any] = {"backup": backup}
        if settings:
            body["restoreInstanceSettings"] = {"settings": settings}
        call = self._instances.restoreBackup(project=self._project, instance=into, body=body)
        return self._asked(call, f"restore {short(backup)} into {into}", into, "restoreBackup")

    def patch(self, instance: str, settings: dict[str, Any]) -> SqlOperation:
        """instances.patch of `settings`, which carries the settingsVersion that was read."""
        call = self._instances.patch(
            project=self._project, instance=instance, body={"settings": settings}
        )
        return self._asked(call, f"change settings of {instance}", instance, "update")

    def delete(self, instance: str) -> SqlOperation:
        """instances.delete: with all its data; without a final backup."""
        call = self._instances.delete(project=self._project, instance=instance)
        return self._asked(call, f"delete {instance}", instance, "delete")

    def users(self, instance: str) -> tuple[str, ...]:
        """users.list: the names of the roles that may log in."""
        call = self._clients.sql.users().list(project=self._project, instance=instance)
        doing = f"list users of {instance}"
        with translated(doing, instance=instance, permission="cloudsql.users.list"):
            found = read(call.execute)
        return tuple(sorted(str(user["name"]) for user in found.get("items", ())))

    def _asked(
        self, call: Any, doing: str, instance: str, verb: str, *, makes: str = ""
    ) -> SqlOperation:
        permission = f"cloudsql.{verb}" if "." in verb else f"cloudsql.instances.{verb}"
        with translated(doing, instance=instance, permission=permission, makes=makes):
            return _operation(call.execute(num_retries=0))

    @cached_property
    def _instances(self) -> Any:
        return self._clients.sql.instances()

    @cached_property
    def _windows(self) -> Any:
        """Not among the other methods of an instance, by a whim of the API's."""
        return self._clients.sql.projects().instances()

    @cached_property
    def _operations(self) -> Any:
        return self._clients.sql.operations()

    @cached_property
    def _runs(self) -> Any:
        return self._clients.sql.backupRuns()


_NEVER = datetime.min.replace(tzinfo=UTC)
_FAR = datetime.max.replace(tzinfo=UTC)


def rfc3339(moment: datetime) -> str:
    """`2026-11-23T10:45:12.123456Z`, as Google's timestamps are written."""
    return moment.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


def _moment(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None


def _instance(found: dict[str, Any]) -> Instance:
    settings = found.get("settings", {})
    backups = settings.get("backupConfiguration", {})
    return Instance(
        name=found["name"],
        state=found.get("state", ""),
        activation_policy=settings.get("activationPolicy", ""),
        connection_name=found.get("connectionName", ""),
        database_version=found.get("databaseVersion", ""),
        addresses=tuple((a["type"], a["ipAddress"]) for a in found.get("ipAddresses", ())),
        settings_version=int(settings.get("settingsVersion", 0)),
        settings=settings,
        has_backups=bool(backups.get("enabled")),
        has_pitr=bool(backups.get("pointInTimeRecoveryEnabled")),
        has_deletion_protection=bool(settings.get("deletionProtectionEnabled")),
        keeps_backups_on_delete=bool(settings.get("retainBackupsOnDelete")),
        replicas=tuple(found.get("replicaNames", ())),
        labels=dict(settings.get("userLabels", {})),
    )


def _backup(found: dict[str, Any]) -> Backup:
    size = found.get("maxChargeableBytes")
    return Backup(
        id=str(found["id"]),
        instance=found.get("instance", ""),
        kind=found.get("type", ""),
        status=found.get("status", ""),
        began_at=_moment(found.get("startTime")),
        ended_at=_moment(found.get("endTime")),
        bytes_max=int(size) if size else None,
        description=found.get("description", ""),
        error=found.get("error", {}).get("message", ""),
    )


def _operation(found: dict[str, Any]) -> SqlOperation:
    problems = found.get("error", {}).get("errors", ())
    return SqlOperation(
        name=found["name"],
        kind=found.get("operationType", ""),
        target=found.get("targetId", ""),
        status=found.get("status", ""),
        user=found.get("user", ""),
        error="; ".join(str(each.get("message") or each.get("code")) for each in problems),
        began_at=_moment(found.get("startTime") or found.get("insertTime")),
        backup=str(found.get("backupContext", {}).get("backupId", "")),
    )
