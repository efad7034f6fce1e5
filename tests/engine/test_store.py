"""Records are whole, and of two writers one wins."""

from __future__ import annotations

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from hrmsops.engine.store import LocalStore, Record, RecordChanged, RecordExists
from hrmsops.errors.run import StateFolderUnusable


@pytest.fixture
def store(tmp_path: Path) -> LocalStore:
    return LocalStore(tmp_path)


def test_what_was_created_is_read(store: LocalStore) -> None:
    store.create("runs/a/0000", b"one")
    assert store.read("runs/a/0000") == Record(b"one", 1)


def test_nothing_is_read_where_nothing_is(store: LocalStore) -> None:
    assert store.read("runs/a/0000") is None


def test_a_record_is_created_once(store: LocalStore) -> None:
    store.create("lease", b"one")
    with pytest.raises(RecordExists):
        store.create("lease", b"two")
    assert store.read("lease") == Record(b"one", 1)


def test_a_replacement_counts_the_generation_on(store: LocalStore) -> None:
    store.create("lease", b"one")
    assert store.replace("lease", b"two", generation=1) == 2
    assert store.read("lease") == Record(b"two", 2)


def test_a_replacement_of_what_was_not_read_is_refused(store: LocalStore) -> None:
    store.create("lease", b"one")
    store.replace("lease", b"two", generation=1)
    with pytest.raises(RecordChanged):
        store.replace("lease", b"three", generation=1)


def test_a_writer_killed_before_it_removed_the_old_version_locks_nobody_out(
    store: LocalStore, tmp_path: Path
) -> None:
    store.create("leases/production", b"one")
    old = (tmp_path / "leases" / "production@1").read_bytes()
    store.replace("leases/production", b"two", generation=1)
    (tmp_path / "leases" / "production@1").write_bytes(old)

    found = store.read("leases/production")

    assert found == Record(b"two", 2)
    assert store.replace("leases/production", b"three", generation=found.generation) == 3


def test_names_are_listed_by_prefix_in_order(store: LocalStore) -> None:
    for name in ("runs/b/0000", "runs/a/0001", "runs/a/0000", "leases/production"):
        store.create(name, b"x")
    assert store.names("runs/a/") == ["runs/a/0000", "runs/a/0001"]


def test_of_twenty_writers_of_one_record_one_wins(store: LocalStore) -> None:
    def create(number: int) -> bool:
        try:
            store.create("lease", str(number).encode())
        except RecordExists:
            return False
        return True

    with ThreadPoolExecutor(20) as pool:
        assert sum(pool.map(create, range(20))) == 1


COUNT = """
import sys
from pathlib import Path
from hrmsops.engine.store import LocalStore, RecordChanged
store = LocalStore(Path(sys.argv[1]))
for _ in range(50):
    while True:
        record = store.read("counter")
        try:
            data = str(int(record.data) + 1).encode()
            store.replace("counter", data, generation=record.generation)
            break
        except RecordChanged:
            continue
"""


def test_three_processes_that_count_together_lose_no_step(tmp_path: Path) -> None:
    store = LocalStore(tmp_path)
    store.create("counter", b"0")
    counters = [subprocess.Popen([sys.executable, "-c", COUNT, str(tmp_path)]) for _ in range(3)]
    assert [counter.wait(60) for counter in counters] == [0, 0, 0]
    assert store.read("counter") == Record(b"150", 151)


def test_no_draft_is_left_behind(store: LocalStore, tmp_path: Path) -> None:
    store.create("lease", b"one")
    store.replace("lease", b"two", generation=1)
    assert sorted(path.name for path in tmp_path.iterdir()) == [".lock", "lease@2"]


def test_a_folder_that_cannot_be_used_is_told_before_anything_is_begun(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.touch()
    with pytest.raises(StateFolderUnusable):
        LocalStore(file / "records").names("runs/")
    with pytest.raises(StateFolderUnusable):
        LocalStore(Path("/proc/nobody-makes-this/records")).create("runs/a/0000", b"one")


def test_records_are_readable_by_their_owner_alone(store: LocalStore, tmp_path: Path) -> None:
    store.create("runs/a/0000", b"one")
    assert (tmp_path / "runs/a/0000@1").stat().st_mode & 0o777 == 0o600
