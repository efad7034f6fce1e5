"""Recovery to a moment: everything before it, nothing after it, or the reason why not."""

from __future__ import annotations

import stat
from collections.abc import Iterator
from datetime import datetime, timedelta, timezone

import psutil
import psycopg
import pytest

from hrmsops.errors.postgres import LogsEndBefore
from hrmsops.postgres.archive import settle
from hrmsops.postgres.differences import snapshot
from hrmsops.postgres.horizon import horizon_of, in_flight
from hrmsops.postgres.recovery import Moment, recover
from hrmsops.postgres.session import Target
from hrmsops.postgres.settings import RECOVERY
from hrmsops.postgres.template import SUPERUSER
from tests.postgres.clusters import (
    PASSWORD,
    Folder,
    backed_up,
    commit,
    committed,
    folder_of_clusters,
    recovered,
)
from tests.postgres.conftest import LIMITS


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Folder]:
    with folder_of_clusters(tmp_path_factory.mktemp("recovery") / "it's 100% clusters") as folder:
        yield folder


class History:
    """A cluster with a backup after the first of five commits, all of them archived."""

    def __init__(self, folder: Folder) -> None:
        self.source = folder.cluster("source")
        self.source.create(timeout_seconds=60)
        self.moments = [commit(self.source, 0)]
        self.backup = backed_up(self.source, "backup")
        self.moments += [commit(self.source, value) for value in range(1, 5)]
        settle(self.source, timeout_seconds=10)


@pytest.fixture(scope="module")
def history(folder: Folder) -> History:
    return History(folder)


@pytest.mark.parametrize("last", [1, 3, 4])
def test_what_was_committed_before_the_moment_is_there_and_nothing_else(
    folder: Folder, history: History, last: int
) -> None:
    at = history.moments[last]

    clone = recovered(folder, history.source, "backup", at=at, into=f"clone-{last}")

    assert committed(clone) == list(range(last + 1))
    commit(clone, 99)
    assert committed(history.source) == list(range(5))


def test_the_moment_is_meant_to_the_microsecond_in_any_zone(
    folder: Folder, history: History
) -> None:
    with history.source.connect("postgres") as session:
        session.execute("CREATE TABLE IF NOT EXISTS exact (value int)")
        session.execute("BEGIN")
        session.execute("INSERT INTO exact VALUES (1)")
        session.execute("COMMIT")
        session.execute("INSERT INTO exact VALUES (2)")
        at = session.execute("SELECT clock_timestamp()").fetchone()
        session.execute("INSERT INTO exact VALUES (3)")
    settle(history.source, timeout_seconds=10)
    assert at
    assert isinstance(at[0], datetime)

    accra_plus_two = at[0].astimezone(timezone(timedelta(hours=2)))
    clone = recovered(folder, history.source, "backup", at=accra_plus_two, into="exact")

    with clone.connect("postgres") as session:
        assert session.execute("SELECT max(value) FROM exact").fetchone() == (2,)


def test_what_ran_at_the_moment_is_told_from_what_was_recovered(
    folder: Folder, history: History
) -> None:
    """A later transaction had committed by then: its number alone does not tell."""
    number = "SELECT pg_current_xact_id()::text::bigint"
    with history.source.connect("postgres") as early, history.source.connect("postgres") as late:
        late.execute("CREATE TABLE IF NOT EXISTS running (value int)")
        with early.transaction():
            early.execute("INSERT INTO running VALUES (1)")
            ran = int(str((early.execute(number).fetchone() or (0,))[0]))
            late.execute("INSERT INTO running VALUES (2)")
            (at,) = late.execute("SELECT clock_timestamp()").fetchone() or (None,)
    settle(history.source, timeout_seconds=10)
    assert isinstance(at, datetime)

    clone = recovered(folder, history.source, "backup", at=at, into="running")

    target = Target(
        host="127.0.0.1",
        port=clone.port,
        database="postgres",
        user=SUPERUSER,
        password="another",
        application_name="hrmsops",
        owner_role="",
        timeouts=LIMITS,
    )
    with snapshot(target) as seen:
        horizon = horizon_of(seen)
        assert ran < horizon
        assert ran in in_flight(seen, horizon)
        assert horizon - 1 not in in_flight(seen, horizon)


def test_a_moment_after_the_last_commit_needs_one_after_it(folder: Folder) -> None:
    """The server's own words would be that the recovery ended before its target."""
    source = folder.cluster("quiet")
    source.create(timeout_seconds=60)
    backed_up(source, "quiet-backup")
    commit(source, 1)

    at = settle(source, timeout_seconds=10)

    assert committed(recovered(folder, source, "quiet-backup", at=at, into="of-quiet")) == [1]


def test_a_moment_that_the_logs_do_not_reach_is_refused_with_their_end(
    folder: Folder, history: History
) -> None:
    at = settle(history.source, timeout_seconds=10) + timedelta(hours=1)

    with pytest.raises(LogsEndBefore) as refused:
        recovered(folder, history.source, "backup", at=at, into="beyond")

    assert f"{at:%Y-%m-%d %H:%M}" in refused.value.what
    assert f"{at - timedelta(hours=1):%Y-%m-%d}" in refused.value.why


def test_a_clone_lets_in_nobody_who_does_not_know_its_own_password(
    folder: Folder, history: History
) -> None:
    clone = recovered(folder, history.source, "backup", into="own-password")
    stranger = folder.cluster("own-password", password=PASSWORD)

    with pytest.raises(psycopg.OperationalError, match="password"):
        stranger.connect("postgres")

    clone.connect("postgres").close()
    assert not (clone.data / RECOVERY).exists()
    assert stat.S_IMODE(clone.data.stat().st_mode) == 0o700


def test_a_restore_in_place_begins_a_history_of_its_own(folder: Folder) -> None:
    """Timelines: what was written after the restore is found, what it undid is not."""
    source = folder.cluster("restored")
    source.create(timeout_seconds=60)
    commit(source, 1)
    backed_up(source, "first")
    commit(source, 2)
    port = source.port

    recover(
        source,
        backup=folder.root / "first",
        password=PASSWORD,
        moment=None,
        flags={},
        timeout_seconds=60,
    )
    second = backed_up(source, "second")
    at = commit(source, 3)
    commit(source, 4)
    settle(source, timeout_seconds=10)
    clone = recovered(folder, source, "second", at=at, timeline=second.timeline, into="of-restored")

    assert source.port == port
    assert committed(source) == [1, 3, 4]
    assert second.timeline == 2
    assert committed(clone) == [1, 3]
    assert backed_up(clone, "third").timeline == 3


def test_a_lost_cluster_is_restored_where_it_was(folder: Folder) -> None:
    source = folder.cluster("lost")
    source.create(timeout_seconds=60)
    commit(source, 1)
    backed_up(source, "of-lost")
    pid, port = source.pid(), source.port

    source.lose()

    assert pid is not None
    assert not psutil.pid_exists(pid)
    assert not source.archive.exists()
    recover(
        source,
        backup=folder.root / "of-lost",
        password=PASSWORD,
        moment=None,
        flags={"max_connections": "37"},
        timeout_seconds=60,
    )
    assert (committed(source), source.port) == ([1], port)
    with source.connect("postgres") as session:
        assert session.execute("SHOW max_connections").fetchone() == ("37",)


def test_a_moment_without_a_zone_is_never_guessed(folder: Folder, history: History) -> None:
    naive = Moment(
        at=history.moments[1].replace(tzinfo=None), archive=history.source.archive, timeline=1
    )
    with pytest.raises(AssertionError):
        recover(
            folder.cluster("naive"),
            backup=folder.root / "backup",
            password=PASSWORD,
            moment=naive,
            flags={},
            timeout_seconds=60,
        )
