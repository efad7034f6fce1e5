"""Cloud SQL's instance, backup and operation, as far as a decision looks at them."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import msgspec

RUNNABLE = "RUNNABLE"


class Instance(msgspec.Struct, frozen=True, kw_only=True):
    """An instance as it was read; see DatabaseInstance in the Cloud SQL Admin API v1.

    `settings` is Google's own document, for what is copied and read back as a whole. RUNNABLE is
    also what an instance says that its owner has stopped: ask `is_running`.
    """

    name: str
    state: str
    activation_policy: str
    connection_name: str
    database_version: str
    addresses: tuple[tuple[str, str], ...]
    settings_version: int
    settings: dict[str, Any]
    has_backups: bool
    has_pitr: bool
    has_deletion_protection: bool
    keeps_backups_on_delete: bool
    replicas: tuple[str, ...]
    labels: dict[str, str]

    @property
    def address(self) -> str:
        """Where it listens: the public address, else the private one, else ""."""
        known = dict(self.addresses)
        return known.get("PRIMARY") or known.get("PRIVATE") or ""

    @property
    def has_public_address(self) -> bool:
        return "PRIMARY" in dict(self.addresses)

    @property
    def private_address(self) -> str:
        """The address within its network, "" where it has none."""
        return dict(self.addresses).get("PRIVATE", "")

    @property
    def port(self) -> int:
        """5432 always; a sandbox says its own in a label, since the API has no field for it."""
        return int(self.labels.get("sandbox-port", "5432"))

    @property
    def condition(self) -> str:
        """Its state in a person's words: one that its owner stopped calls itself RUNNABLE."""
        return "stopped by its owner" if self.activation_policy == "NEVER" else self.state

    @property
    def is_running(self) -> bool:
        return self.state == RUNNABLE and self.activation_policy != "NEVER"

    @property
    def flags(self) -> dict[str, str]:
        """Database flags by name."""
        return {
            flag["name"]: flag.get("value", "") for flag in self.settings.get("databaseFlags", ())
        }


class Backup(msgspec.Struct, frozen=True, kw_only=True):
    """A backup: what it holds is the instance as it was at `ended_at`, None while it runs.

    `id` is the number that `gcloud sql backups list` shows. `description` is what whoever asked for
    it said; `error` why it has failed, "" where it has not. The rest is known of a backup as the
    project has it, and not of a backup run: `name` in full, the settings and the version that its
    instance had, and when that instance was deleted (None: it is there).
    """

    id: str
    instance: str
    kind: str
    status: str
    began_at: datetime | None
    ended_at: datetime | None
    bytes_max: int | None
    description: str = ""
    error: str = ""
    name: str = ""
    database_version: str = ""
    settings: dict[str, Any] = {}
    instance_deleted_at: datetime | None = None

    @property
    def is_good(self) -> bool:
        return self.status == "SUCCESSFUL"

    @property
    def has_failed(self) -> bool:
        """It is over, and there is nothing in it."""
        return self.status in ("FAILED", "SKIPPED", "DELETED")

    @property
    def took(self) -> timedelta | None:
        """How long it took; None while that is not known."""
        return self.ended_at - self.began_at if self.began_at and self.ended_at else None

    def is_called(self, text: str) -> bool:
        """Whether `text` is its number, its name, or the last word of its name."""
        return bool(text) and text in (self.id, self.name, self.name.rpartition("/")[2])


class Window(msgspec.Struct, frozen=True, kw_only=True):
    """The moments that a point-in-time recovery can reach; see instances.getLatestRecoveryTime."""

    earliest: datetime
    latest: datetime

    def holds(self, moment: datetime) -> bool:
        return self.earliest <= moment <= self.latest


class SqlOperation(msgspec.Struct, frozen=True, kw_only=True):
    """Google's long-running operation. DONE is not success: `error` says whether it failed.

    `backup` is the number of the backup that it takes or restores, "" where it does not say.
    """

    name: str
    kind: str
    target: str
    status: str
    user: str
    error: str
    began_at: datetime | None
    backup: str = ""

    @property
    def is_over(self) -> bool:
        return self.status == "DONE"
