"""A backup of a running cluster by pg_basebackup: complete in itself, also without the archive."""

from __future__ import annotations

import re
import shutil
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from hrmsops.errors.postgres import BackupFailed
from hrmsops.postgres.cluster import Cluster


@dataclass(frozen=True, kw_only=True)
class BaseBackup:
    """What a recovery must know of a backup."""

    ended: datetime
    """From here on (aware, UTC) a recovery can start from it: before, its data were in motion."""
    timeline: int
    first_segment: str
    """The first WAL segment that it needs."""
    size_bytes: int


def take_backup(cluster: Cluster, folder: Path) -> BaseBackup:
    """Copy the running cluster to `folder`/data; what lay in `folder` is replaced.

    Raises BackupFailed; nothing is left then.
    """
    shutil.rmtree(folder, ignore_errors=True)
    cluster.make_folder(folder)
    data = folder / "data"
    made = cluster.run(
        "pg_basebackup",
        f"--pgdata={data}",
        "--checkpoint=fast",
        "--wal-method=stream",
        "--no-sync",
        "--no-manifest",
        "--no-password",
    )
    ended = datetime.now(UTC)
    if made.returncode:
        shutil.rmtree(folder, ignore_errors=True)
        raise BackupFailed(folder=cluster.folder, output=made.stdout)
    label = (data / "backup_label").read_text()
    return BaseBackup(
        ended=ended,
        timeline=int(_said(label, r"^START TIMELINE: (\d+)$")),
        first_segment=_said(label, r"^START WAL LOCATION: .* \(file ([0-9A-F]{24})\)$"),
        size_bytes=sum(path.stat().st_size for path in data.rglob("*") if path.is_file()),
    )


def _said(label: str, pattern: str) -> str:
    matched = re.search(pattern, label, re.MULTILINE)
    assert matched, label
    return matched[1]
