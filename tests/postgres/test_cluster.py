"""A cluster is quick to make, archives from birth, and runs as root's servant or as anyone."""

from __future__ import annotations

import os
import pwd
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import psycopg
import pytest

from hrmsops.errors.postgres import ClusterDidNotStart
from hrmsops.postgres.binaries import candidates, find_binaries, wheel_binaries
from hrmsops.postgres.cluster import Cluster
from hrmsops.postgres.server_account import ServerAccount, remove_stand_in
from hrmsops.postgres.server_process import first_address
from hrmsops.postgres.settings import settings_for
from hrmsops.postgres.template import cached_template
from tests.sandbox.waiting import eventually

PASSWORD = "only the sandbox knows"
ACCOUNT = ServerAccount.of_this_process()
FOLDERS = list(dict.fromkeys([next(candidates()), *wheel_binaries()]))


def scalar(session: psycopg.Connection[tuple[object, ...]], query: str) -> object:
    row = session.execute(query.encode()).fetchone()
    assert row
    return row[0]


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    wanted = tmp_path / "clusters"
    yield ACCOUNT.folder_for(wanted) / "one"
    remove_stand_in(wanted)


@pytest.fixture
def cluster(folder: Path) -> Iterator[Cluster]:
    cluster = Cluster(folder, binaries=find_binaries(ACCOUNT), account=ACCOUNT, password=PASSWORD)
    cluster.create(timeout_seconds=60)
    yield cluster
    cluster.destroy()
    assert not folder.exists()


@pytest.mark.parametrize("binaries", FOLDERS, ids=lambda path: path.parts[-2])
def test_every_server_there_is_makes_a_cluster_that_archives_from_birth(
    folder: Path, binaries: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HRMSOPS_PG_BIN", str(binaries))
    found = find_binaries(ACCOUNT)
    cluster = Cluster(folder, binaries=found, account=ACCOUNT, password=PASSWORD)
    try:
        cluster.create(timeout_seconds=60)
        with cluster.connect("postgres") as session:
            version = scalar(session, "SHOW server_version_num")
            assert int(str(version)) // 10000 == found.version
            assert scalar(session, "SHOW wal_segment_size") == "1MB"
            assert scalar(session, "SHOW timezone") == "UTC"
            assert scalar(session, "SHOW unix_socket_directories") == ""
            scalar(session, "SELECT pg_current_xact_id()")
            segment = scalar(session, "SELECT pg_walfile_name(pg_switch_wal())")
        eventually(lambda: (cluster.archive / str(segment)).exists())
    finally:
        cluster.destroy()


def test_a_server_runs_in_its_own_session_and_not_as_root(cluster: Cluster) -> None:
    pid = cluster.pid()

    assert pid is not None
    assert os.getsid(pid) == pid
    assert 0 not in psutil.Process(pid).uids()


def test_a_stopped_cluster_keeps_its_data_and_its_port(cluster: Cluster) -> None:
    port = cluster.port
    with cluster.connect("postgres") as session:
        session.execute("CREATE TABLE kept AS SELECT 7 AS seven")

    cluster.stop()
    assert cluster.pid() is None
    cluster.stop()

    assert cluster.start(timeout_seconds=60) == port
    with cluster.connect("postgres") as session:
        assert scalar(session, "SELECT seven FROM kept") == 7


def test_a_killed_server_recovers(cluster: Cluster) -> None:
    pid = cluster.pid()
    assert pid is not None
    with cluster.connect("postgres") as session:
        session.execute("CREATE TABLE kept AS SELECT 7 AS seven")
    psutil.Process(pid).kill()
    eventually(lambda: cluster.pid() is None)

    cluster.start(timeout_seconds=60)

    with cluster.connect("postgres") as session:
        assert scalar(session, "SELECT seven FROM kept") == 7


def test_a_port_that_was_taken_is_given_up_for_another(cluster: Cluster) -> None:
    cluster.stop()
    taken = cluster.port

    with socket.create_server(("127.0.0.1", taken)):
        port = cluster.start(timeout_seconds=60)

    assert port == cluster.port != taken
    cluster.connect("postgres").close()


def test_a_port_that_is_lost_to_another_while_the_server_starts_is_given_up(
    folder: Path, cluster: Cluster
) -> None:
    """PostgreSQL goes on where it gets one of its two addresses: 127.0.0.1 is the other's."""
    two = Cluster(
        folder.with_name("two"),
        binaries=cluster.binaries,
        account=ACCOUNT,
        password=PASSWORD,
        address="127.86.3.1",
    )
    try:
        two.create(timeout_seconds=60)
        two.stop()
        two.write(two.data / "hrmsops.conf", settings_for(port=cluster.port, version=14))
        started = subprocess.Popen(
            [
                *(two.binaries.folder / "postgres", "-D", two.data),
                *("-c", "listen_addresses=127.0.0.1,127.86.3.1"),
            ],
            stderr=subprocess.DEVNULL,
            start_new_session=True,
            **ACCOUNT.popen,
        )
        eventually(lambda: first_address(two.data) is not None)
        assert started.poll() is None, "The server would not have gone on."

        port = two.start(timeout_seconds=60)

        assert port == two.port != cluster.port
        for each in (cluster, two):
            with each.connect("postgres") as session:
                assert scalar(session, "SHOW data_directory") == str(each.data)
        started.wait(20)
    finally:
        two.destroy()


def test_a_pid_that_another_process_bears_is_not_the_server(cluster: Cluster) -> None:
    cluster.stop()
    stale = cluster.data / "postmaster.pid"
    stale.write_text(f"{os.getpid()}\n{cluster.data}\n{int(time.time())}\n")

    assert cluster.pid() is None
    cluster.stop()
    cluster.start(timeout_seconds=60)

    assert cluster.pid() not in (None, os.getpid())


def test_a_server_that_cannot_start_says_why(cluster: Cluster) -> None:
    cluster.stop()
    (cluster.data / "postgresql.conf").write_text("no_such_setting = 1\ninclude 'hrmsops.conf'\n")

    with pytest.raises(ClusterDidNotStart) as failed:
        cluster.start(timeout_seconds=60)

    assert "no_such_setting" in failed.value.why
    assert cluster.pid() is None


def test_no_variable_of_the_shell_has_a_say_in_a_session(
    cluster: Cluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PGOPTIONS", "-c statement_timeout=1")
    monkeypatch.setenv("PGSSLMODE", "require")

    with cluster.connect("postgres") as session:
        assert scalar(session, "SHOW statement_timeout") == "0"


@pytest.mark.skipif(os.geteuid() != 0, reason="only root runs servers as another user")
def test_nobody_runs_the_server_where_there_is_no_postgres(folder: Path) -> None:
    nobody = pwd.getpwnam("nobody")
    account = ServerAccount(nobody.pw_uid, nobody.pw_gid)
    cluster = Cluster(folder, binaries=find_binaries(account), account=account, password=PASSWORD)
    try:
        cluster.create(timeout_seconds=60)

        assert psutil.Process(cluster.pid()).uids().effective == nobody.pw_uid
        cluster.connect("postgres").close()
    finally:
        cluster.destroy()


# The rights are dropped after the imports: the interpreter may lie where only root can read.
ORDINARY = """
import os, pwd, sys
import platformdirs, platformdirs.unix, psutil, psycopg
from pathlib import Path
from hrmsops.postgres.binaries import find_binaries
from hrmsops.postgres.cluster import Cluster
from hrmsops.postgres.server_process import first_address
from hrmsops.postgres.settings import settings_for
from hrmsops.postgres.server_account import ServerAccount
nobody = pwd.getpwnam("nobody")
os.setgroups([])
os.setgid(nobody.pw_gid)
os.setuid(nobody.pw_uid)
account = ServerAccount.of_this_process()
folder = account.folder_for(Path(sys.argv[1]) / "home")
cluster = Cluster(folder / "one", binaries=find_binaries(account), account=account, password="p")
cluster.create(timeout_seconds=60)
with cluster.connect("postgres") as session:
    print(session.execute("SELECT current_user").fetchone()[0], folder)
cluster.destroy()
"""


@pytest.mark.skipif(os.geteuid() != 0, reason="an ordinary user is whom the other tests run as")
def test_an_ordinary_user_has_clusters_in_a_folder_of_its_own() -> None:
    nobody = pwd.getpwnam("nobody")
    with tempfile.TemporaryDirectory(dir="/var/tmp") as folder:
        os.chown(folder, nobody.pw_uid, nobody.pw_gid)
        said = subprocess.run(
            [sys.executable, "-c", ORDINARY, folder],
            env={"HOME": folder, "PYTHONPATH": str(Path.cwd())},
            cwd="/",
            capture_output=True,
            text=True,
            check=False,
        )

        assert said.stderr == ""
        assert said.stdout.split() == ["cloudsqladmin", f"{folder}/home"]
        assert any((Path(folder) / ".cache" / "hrmsops" / "postgres").glob("template-*/data"))


TEMPLATE = """
from hrmsops.postgres.binaries import find_binaries
from hrmsops.postgres.server_process import first_address
from hrmsops.postgres.settings import settings_for
from hrmsops.postgres.server_account import ServerAccount
from hrmsops.postgres.template import cached_template
account = ServerAccount.of_this_process()
template = cached_template(find_binaries(account), account)
print(template.data.stat().st_ino, template.password)
"""


def test_two_at_the_same_time_share_one_template(tmp_path: Path) -> None:
    env = {**os.environ, "XDG_CACHE_HOME": str(tmp_path)}
    makers = [
        subprocess.Popen([sys.executable, "-c", TEMPLATE], env=env, stdout=subprocess.PIPE)
        for _ in range(2)
    ]
    try:
        first, second = (maker.communicate(timeout=60)[0] for maker in makers)
    finally:
        wanted = tmp_path / "hrmsops" / "postgres"
        shutil.rmtree(ACCOUNT.folder_for(wanted))

    assert first == second != b""


def test_the_template_is_closed_to_others() -> None:
    template = cached_template(find_binaries(ACCOUNT), ACCOUNT)

    assert template.data.stat().st_mode & 0o077 == 0
    assert (template.data.parent / "password").stat().st_mode & 0o077 == 0
