"""Instances are Cloud SQL's to their clients: no superuser, and databases that outlive a daemon."""

from __future__ import annotations

import os
import signal
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psutil
import psycopg
import pytest

from hrmsops.errors.postgres import SandboxInstanceExists
from hrmsops.postgres.server_account import ServerAccount, stand_in
from hrmsops.sandbox.home import Home
from hrmsops.sandbox.instances import Instances, User
from tests.sandbox.waiting import eventually, is_running

NAME = "nhia-hrms-staging-pg-0001"
USERS = (
    User(name="postgres", password="secret-postgres"),
    User(name="hrms_app", password="secret-app"),
    User(name="hrms_ops", password="secret-ops", member_of=("hrms_app",)),
)


class World:
    """The instances of one sandbox, with one instance in it."""

    def __init__(self, folder: Path) -> None:
        self.home = Home(folder / "sandbox")
        self.home.prepare()
        self.instances = Instances(self.home)

    def create(self, name: str = NAME) -> int:
        return self.instances.create(name, database="hrms", owner="hrms_app", users=USERS)

    def session(self, user: str, password: str | None = None) -> psycopg.Connection:
        known = {each.name: each.password for each in USERS}
        return psycopg.connect(
            host="127.0.0.1",
            port=self.instances.port(NAME),
            dbname="hrms",
            user=user,
            password=password or known[user],
            autocommit=True,
            connect_timeout=5,
        )

    def pid(self) -> int:
        lines = (self.data() / "postmaster.pid").read_text().splitlines()
        return int(lines[0])

    def data(self) -> Path:
        return ServerAccount.of_this_process().folder_for(self.records()) / NAME / "data"

    def records(self) -> Path:
        return self.home.root / "instances"

    def end(self) -> None:
        for name in self.instances.names():
            self.instances.delete(name)


@pytest.fixture(scope="module")
def staging(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """One instance for the tests that only look at it."""
    world = World(tmp_path_factory.mktemp("staging"))
    world.create()
    yield world
    world.end()


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    world = World(tmp_path)
    yield world
    world.end()


@pytest.mark.parametrize("user", ["postgres", "hrms_app", "hrms_ops"])
def test_no_client_is_a_superuser(staging: World, user: str) -> None:
    query = "SELECT rolsuper, pg_has_role(rolname, 'cloudsqlsuperuser', 'member') FROM pg_roles"
    with staging.session(user) as session:
        row = session.execute(f"{query} WHERE rolname = current_user".encode()).fetchone()

        assert row == (False, True)
        assert session.execute("SHOW is_superuser").fetchone() == ("off",)
        superusers = session.execute("SELECT rolname FROM pg_roles WHERE rolsuper").fetchall()
        assert superusers == [("cloudsqladmin",)]
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            session.execute("SET ROLE cloudsqladmin")


@pytest.mark.parametrize("password", ["", "wrong", "secret-postgres", "cloudsqladmin"])
def test_the_true_superuser_cannot_be_logged_in_as(staging: World, password: str) -> None:
    with pytest.raises(psycopg.OperationalError, match="password"):
        staging.session("cloudsqladmin", password or " ")


def test_the_database_belongs_to_the_application(staging: World) -> None:
    with staging.session("hrms_ops") as session:
        session.execute("SET ROLE hrms_app")
        session.execute("CREATE TABLE made_by_operations (id int)")
        owner = session.execute(
            "SELECT tableowner FROM pg_tables WHERE tablename = 'made_by_operations'"
        ).fetchone()
        database = session.execute(
            "SELECT pg_get_userbyid(datdba) FROM pg_database WHERE datname = 'hrms'"
        ).fetchone()

    assert (owner, database) == (("hrms_app",), ("hrms_app",))


def test_postgres_may_fence_the_application(staging: World) -> None:
    with staging.session("postgres") as session:
        session.execute("ALTER ROLE hrms_app NOLOGIN")
        with pytest.raises(psycopg.OperationalError, match="not permitted to log in"):
            staging.session("hrms_app")
        session.execute("ALTER ROLE hrms_app LOGIN")
    staging.session("hrms_app").close()


def test_no_password_is_in_an_argument_a_log_or_a_file_of_others(staging: World) -> None:
    server = psutil.Process(staging.pid())
    words = [word for each in (server, *server.children()) for word in each.cmdline()]
    log = (staging.data().parent / "server.log").read_text()
    for user in USERS:
        assert user.password not in log
        assert not any(user.password in word for word in words)
    assert "SCRAM-SHA-256$" not in log
    record = staging.records() / f"{NAME}.json"
    assert stat.S_IMODE(record.stat().st_mode) == 0o600


def test_a_connection_name_leads_to_its_port(staging: World) -> None:
    reached = staging.instances.connect_info(f"nhia-hrms:us-central1:{NAME}")

    assert reached == ("127.0.0.1", staging.instances.port(NAME))
    assert staging.instances.connect_info("nhia-hrms:us-central1:another") is None


def test_an_instance_is_never_made_twice(staging: World) -> None:
    with pytest.raises(SandboxInstanceExists):
        staging.create()
    with pytest.raises(ValueError, match="no name"):
        staging.create("../up")

    assert staging.instances.names() == [NAME]


HOLDER = """
import sys, time
from pathlib import Path
from hrmsops.sandbox.home import Home
from hrmsops.sandbox.instances import Instances
from tests.sandbox.test_instances import NAME, USERS
instances = Instances(Home(Path(sys.argv[1])))
instances.create(NAME, database="hrms", owner="hrms_app", users=USERS)
print("held", flush=True)
time.sleep(300)
"""


def test_a_cluster_outlives_a_killed_daemon_and_is_adopted(world: World) -> None:
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLDER, world.home.root], stdout=subprocess.PIPE
    )
    with holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == b"held\n"
        with world.session("hrms_app") as session:
            holder.send_signal(signal.SIGKILL)
            holder.wait(10)
            assert session.execute("SELECT 1").fetchone() == (1,)
    pid = world.pid()

    assert world.instances.adopt() == [NAME]
    assert world.instances.is_running(NAME)
    world.session("hrms_app").close()
    world.instances.stop_all()

    assert not world.instances.is_running(NAME)
    eventually(lambda: not is_running(pid))  # Its parent is dead: the kernel's init buries it.
    world.instances.start(NAME)
    world.session("hrms_app").close()


def test_a_creation_that_was_cut_short_is_swept(world: World) -> None:
    world.create()
    pid, folder = world.pid(), world.data().parent
    (world.records() / f"{NAME}.json").unlink()

    assert Instances(world.home).adopt() == []

    eventually(lambda: not is_running(pid))
    assert not folder.exists()
    world.instances = Instances(world.home)
    world.create()


@pytest.mark.skipif(os.geteuid() != 0, reason="an ordinary user's clusters lie in the sandbox")
def test_servers_of_a_sandbox_whose_folder_is_gone_are_ended(tmp_path: Path, world: World) -> None:
    world.create()
    pid, folder = world.pid(), stand_in(world.records())
    world.home.root.rename(tmp_path / "elsewhere")
    other = Home(tmp_path / "other")
    other.prepare()

    Instances(other).adopt()

    eventually(lambda: not is_running(pid))
    assert not folder.exists()


def test_a_deleted_instance_leaves_nothing(world: World) -> None:
    world.create()
    pid, data = world.pid(), world.data()

    world.instances.delete(NAME)
    world.instances.delete(NAME)

    assert not is_running(pid)
    assert not data.exists()
    assert list(world.records().iterdir()) == []
    assert not stand_in(world.records()).exists()
    with pytest.raises(KeyError):
        world.instances.port(NAME)
