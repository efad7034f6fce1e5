"""Clusters for the tests of backup and recovery, and a table that says what was committed."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

from hrmsops.postgres.backup import BaseBackup, take_backup
from hrmsops.postgres.binaries import find_binaries
from hrmsops.postgres.cluster import Cluster
from hrmsops.postgres.recovery import Moment, recover
from hrmsops.postgres.server_account import ServerAccount, remove_stand_in

ACCOUNT = ServerAccount.of_this_process()
PASSWORD = "only the sandbox knows"


class Folder:
    """A folder of clusters and backups that ends with the test."""

    def __init__(self, wanted: Path) -> None:
        self.root = ACCOUNT.folder_for(wanted)
        self._clusters: list[Cluster] = []

    def cluster(self, name: str, *, password: str = PASSWORD) -> Cluster:
        """A cluster without data."""
        binaries = find_binaries(ACCOUNT)
        cluster = Cluster(self.root / name, binaries=binaries, account=ACCOUNT, password=password)
        self._clusters.append(cluster)
        return cluster

    def end(self) -> None:
        import shutil

        for cluster in self._clusters:
            cluster.destroy()
        for left in self.root.iterdir():
            if left.is_dir():
                shutil.rmtree(left)


@contextmanager
def folder_of_clusters(wanted: Path) -> Iterator[Folder]:
    folder = Folder(wanted)
    try:
        yield folder
    finally:
        folder.end()
        remove_stand_in(wanted)


def commit(cluster: Cluster, value: int) -> datetime:
    """Commit one number; a moment after it was acknowledged, by the database's clock."""
    with cluster.connect("postgres") as session:
        session.execute("CREATE TABLE IF NOT EXISTS kept (value int)")
        session.execute("INSERT INTO kept VALUES (%s)", (value,))
        row = session.execute("SELECT clock_timestamp()").fetchone()
    assert row
    assert isinstance(row[0], datetime)
    return row[0]


def committed(cluster: Cluster) -> list[object]:
    with cluster.connect("postgres") as session:
        return [value for (value,) in session.execute("SELECT value FROM kept ORDER BY 1")]


def backed_up(cluster: Cluster, name: str) -> BaseBackup:
    return take_backup(cluster, cluster.folder.parent / name)


def recovered(
    folder: Folder,
    source: Cluster,
    backup: str,
    *,
    at: datetime | None = None,
    timeline: int = 1,
    into: str = "clone",
) -> Cluster:
    """A cluster of its own that was recovered from the backup, or to a moment."""
    clone = folder.cluster(into, password="another")
    moment = None if at is None else Moment(at=at, archive=source.archive, timeline=timeline)
    recover(
        clone,
        backup=folder.root / backup,
        password=PASSWORD,
        moment=moment,
        flags={},
        timeout_seconds=60,
    )
    return clone
