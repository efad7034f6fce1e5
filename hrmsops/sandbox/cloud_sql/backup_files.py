"""The files of backups: outside of every instance, so that they can outlive it."""

from __future__ import annotations

import shutil
from functools import cached_property
from pathlib import Path

import msgspec

from hrmsops.postgres.backup import BaseBackup, take_backup
from hrmsops.postgres.cluster import Cluster
from hrmsops.postgres.server_account import ServerAccount, remove_stand_in
from hrmsops.sandbox.home import Home
from hrmsops.sandbox.instances import InstanceRecord

_INSTANCE = "instance.json"


class BackupFiles:
    """One folder a backup, by its id: the data, and what opens them."""

    def __init__(self, home: Home) -> None:
        self._wanted = home.root.absolute() / "backups"

    def take(self, number: str, cluster: Cluster, record: InstanceRecord) -> BaseBackup:
        """Back up a running cluster; an unfinished attempt is replaced. Raises BackupFailed."""
        taken = take_backup(cluster, self.folder(number))
        secret = self.folder(number) / _INSTANCE
        secret.touch(mode=0o600)
        secret.write_bytes(msgspec.json.encode(record))
        return taken

    def folder(self, number: str) -> Path:
        """Where `data` of the backup are."""
        return self._root / number

    def record(self, number: str) -> InstanceRecord:
        """The instance as it was: its superuser's password, the version of its server."""
        return msgspec.json.decode(
            (self.folder(number) / _INSTANCE).read_bytes(), type=InstanceRecord
        )

    def remove(self, number: str) -> None:
        """Delete a backup; absent is fine."""
        shutil.rmtree(self.folder(number), ignore_errors=True)

    def destroy(self) -> None:
        """Delete every backup."""
        if self._wanted.exists():
            for folder in self._root.iterdir():
                shutil.rmtree(folder, ignore_errors=True)
            remove_stand_in(self._wanted)

    @cached_property
    def _root(self) -> Path:
        return ServerAccount.of_this_process().folder_for(self._wanted)
