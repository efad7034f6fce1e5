"""Records are whole, and of two writers one wins: in a folder and in a bucket alike."""

from __future__ import annotations

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from hrmsops.engine.store import LocalStore, Record, RecordChanged, RecordExists, Store
from hrmsops.errors.record import StateFolderUnusable
from tests.command_line import ROOT
from tests.engine.stores import Place


@pytest.fixture(params=["folder", "bucket"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Place:
    """Where records live, as another process is told it."""
    if request.param == "folder":
        return Place(folder=str(tmp_path))
    bucket: Place = request.getfixturevalue("bucket")
    return bucket


@pytest.fixture
def store(place: Place) -> Store:
    return place.store()


@pytest.fixture
def folder(tmp_path: Path) -> LocalStore:
    return LocalStore(tmp_path)


def data_of(record: Record | None) -> bytes | None:
    return record.data if record else None


def test_what_was_created_is_read(store: Store) -> None:
    generation = store.create("runs/a/0000", b"one")
    found = store.read("runs/a/0000")
    assert found is not None
    assert (found.data, found.generation) == (b"one", generation)


def test_nothing_is_read_where_nothing_is(store: Store) -> None:
    assert store.read("runs/a/0000") is None
    assert store.names("runs/") == []
    assert store.under("runs/") == {}


def test_a_record_is_created_once(store: Store) -> None:
    store.create("lease", b"one")
    with pytest.raises(RecordExists):
        store.create("lease", b"two")
    assert data_of(store.read("lease")) == b"one"


def test_a_replacement_counts_the_generation_on(store: Store) -> None:
    first = store.create("lease", b"one")
    second = store.replace("lease", b"two", generation=first)
    found = store.read("lease")
    assert found is not None
    assert (found.data, found.generation) == (b"two", second)
    assert second > first


def test_a_replacement_of_what_was_not_read_is_refused(store: Store) -> None:
    first = store.create("lease", b"one")
    store.replace("lease", b"two", generation=first)
    with pytest.raises(RecordChanged):
        store.replace("lease", b"three", generation=first)
    with pytest.raises(RecordChanged):
        store.replace("another", b"three", generation=first)


def test_what_was_read_can_be_taken_away_and_nothing_newer(store: Store) -> None:
    first = store.create("runs/a/0000", b"one")
    second = store.replace("runs/a/0000", b"two", generation=first)
    with pytest.raises(RecordChanged):
        store.delete("runs/a/0000", generation=first)
    store.delete("runs/a/0000", generation=second)
    assert store.read("runs/a/0000") is None
    with pytest.raises(RecordChanged):
        store.delete("runs/a/0000", generation=second)
    assert store.create("runs/a/0000", b"three") >= 1


def test_any_bytes_are_kept_however_many(store: Store) -> None:
    """What is short travels in a bucket's listing, what is long or does not shrink does not."""
    long = bytes(range(256)) * 256
    noise = b"".join(bytes([(n * n * 31 + 7 * n) % 251]) for n in range(20_000))
    for number, data in enumerate((b"", b"\r\n--boundary\r\n", long, noise)):
        store.create(f"runs/a/{number:04}", data)
        assert data_of(store.read(f"runs/a/{number:04}")) == data
    found = [record.data for record in store.under("runs/a/").values()]
    assert found == [b"", b"\r\n--boundary\r\n", long, noise]


def test_a_writer_killed_before_it_removed_the_old_version_locks_nobody_out(
    folder: LocalStore, tmp_path: Path
) -> None:
    folder.create("leases/production", b"one")
    old = (tmp_path / "leases" / "production@1").read_bytes()
    folder.replace("leases/production", b"two", generation=1)
    (tmp_path / "leases" / "production@1").write_bytes(old)

    found = folder.read("leases/production")

    assert found == Record(b"two", 2)
    assert folder.under("leases/") == {"leases/production": found}
    assert folder.replace("leases/production", b"three", generation=found.generation) == 3


def test_names_are_listed_by_prefix_in_order(store: Store) -> None:
    for name in ("runs/b/0000", "runs/a/0001", "runs/a/0000", "leases/production"):
        store.create(name, name.encode())
    assert store.names("runs/a/") == ["runs/a/0000", "runs/a/0001"]
    assert store.names("runs/") == ["runs/a/0000", "runs/a/0001", "runs/b/0000"]


def test_records_are_read_by_prefix_and_from_a_name_on(store: Store) -> None:
    for name in ("runs/b/0000", "runs/a/0001", "runs/a/0000", "leases/production"):
        store.create(name, name.encode())
    found = store.under("runs/", since="runs/a/0001")
    assert [(name, record.data) for name, record in found.items()] == [
        ("runs/a/0001", b"runs/a/0001"),
        ("runs/b/0000", b"runs/b/0000"),
    ]
    assert list(store.under("")) == sorted(("leases/production", "runs/a/0000", *found))


def test_of_twenty_writers_of_one_record_one_wins(store: Store) -> None:
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
from hrmsops.engine.store import RecordChanged
from tests.command_line import ROOT
from tests.engine.stores import Place
store = Place.of(sys.argv[1]).store()
for _ in range(int(sys.argv[2])):
    while True:
        record = store.read("counter")
        try:
            data = str(int(record.data) + 1).encode()
            store.replace("counter", data, generation=record.generation)
            break
        except RecordChanged:
            continue
"""


def test_three_processes_that_count_together_lose_no_step(place: Place) -> None:
    steps = 50 if place.folder else 8
    store = place.store()
    store.create("counter", b"0")
    counters = [
        subprocess.Popen([sys.executable, "-c", COUNT, place.words, str(steps)], cwd=ROOT)
        for _ in range(3)
    ]
    assert [counter.wait(120) for counter in counters] == [0, 0, 0]
    assert data_of(store.read("counter")) == str(3 * steps).encode()


def test_no_draft_is_left_behind(folder: LocalStore, tmp_path: Path) -> None:
    folder.create("lease", b"one")
    folder.replace("lease", b"two", generation=1)
    assert sorted(path.name for path in tmp_path.iterdir()) == [".lock", "lease@2"]


def test_a_folder_that_cannot_be_used_is_told_before_anything_is_begun(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.touch()
    with pytest.raises(StateFolderUnusable):
        LocalStore(file / "records").names("runs/")
    with pytest.raises(StateFolderUnusable):
        LocalStore(Path("/proc/nobody-makes-this/records")).create("runs/a/0000", b"one")


def test_records_are_readable_by_their_owner_alone(folder: LocalStore, tmp_path: Path) -> None:
    folder.create("runs/a/0000", b"one")
    assert (tmp_path / "runs/a/0000@1").stat().st_mode & 0o777 == 0o600
