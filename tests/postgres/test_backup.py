"""A backup is complete in itself, and the archive is cut where nothing needs it any more."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from hrmsops.errors.postgres import ArchiveTooSlow, BackupFailed
from hrmsops.postgres.archive import prune, settle
from tests.postgres.clusters import (
    Folder,
    backed_up,
    commit,
    committed,
    folder_of_clusters,
    recovered,
)


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Folder]:
    with folder_of_clusters(tmp_path / "clusters") as folder:
        yield folder


def test_a_backup_is_the_data_as_they_were_even_when_everything_else_is_gone(
    folder: Folder,
) -> None:
    source = folder.cluster("source")
    source.create(timeout_seconds=60)
    commit(source, 1)
    began = datetime.now(UTC)

    backup = backed_up(source, "backup")
    commit(source, 2)
    source.destroy()
    clone = recovered(folder, source, "backup")

    assert committed(clone) == [1]
    assert (backup.timeline, len(backup.first_segment)) == (1, 24)
    assert began < backup.ended < datetime.now(UTC)
    assert 10_000_000 < backup.size_bytes < 100_000_000


def test_a_backup_of_a_server_that_is_down_fails_and_leaves_nothing(folder: Folder) -> None:
    source = folder.cluster("source")
    source.create(timeout_seconds=60)
    source.stop()

    with pytest.raises(BackupFailed) as failed:
        backed_up(source, "backup")

    assert "onnection" in failed.value.why
    assert not (folder.root / "backup").exists()


def test_segments_that_no_backup_needs_are_removed(folder: Folder) -> None:
    source = folder.cluster("source")
    source.create(timeout_seconds=60)
    for value in range(3):
        commit(source, value)
        settle(source, timeout_seconds=10)
    backup = backed_up(source, "backup")
    at = commit(source, 3)
    settle(source, timeout_seconds=10)

    assert prune(source, first=backup.first_segment) >= 3

    assert min(path.name for path in source.archive.iterdir()) >= backup.first_segment
    assert committed(recovered(folder, source, "backup", at=at)) == [0, 1, 2, 3]


def test_an_archive_that_takes_nothing_is_told(folder: Folder) -> None:
    source = folder.cluster("source")
    source.create(timeout_seconds=60)
    source.archive.rename(source.folder / "elsewhere")

    with pytest.raises(ArchiveTooSlow):
        settle(source, timeout_seconds=0.5)
