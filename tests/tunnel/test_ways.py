"""Sessions by Google's connector and by Debian's real Auth Proxy; what becomes of them."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import psutil
import psycopg
import pytest

from hrmsops.errors import HrmsopsError
from hrmsops.errors.cloud import NotAuthorised, NotLoggedIn
from hrmsops.errors.cloud_sql import InstanceMissing
from hrmsops.errors.database import DatabaseCredentialsRefused
from hrmsops.errors.tunnel import AuthProxyMissing, NoSuchAddress, ServerProxyUnreachable
from hrmsops.postgres.session import Target, connect
from hrmsops.sandbox.client import Client
from tests.sandbox.cloud_sql import APP, PASSWORD, done, patched
from tests.sandbox.waiting import eventually, is_running
from tests.tunnel.conftest import DEBIANS, WAYS, MakeWorld, target

BOTH = pytest.mark.parametrize("via", WAYS)


@BOTH
def test_many_sessions_go_through_one_port_that_is_closed_at_the_end(
    world_by: MakeWorld, name_of_instance: str, via: str
) -> None:
    world = world_by(via)
    reached = target(world, name_of_instance)
    assert (reached.host, reached.address, reached.sslmode) == (
        "127.0.0.1",
        name_of_instance,
        "disable",
    )

    with connect(reached) as first, connect(reached, read_only=True) as second:
        large = first.execute("SELECT current_user, repeat('x', 3000000)").fetchone()
        assert large == (APP, "x" * 3_000_000)
        assert second.execute("SELECT 1").fetchall() == [(1,)]
    with psycopg.connect(  # Any client of this machine, as the project's own manage.py is.
        host=reached.host, port=reached.port, dbname="hrms", user=APP, password=PASSWORD
    ) as other:
        assert other.execute("SELECT 2").fetchall() == [(2,)]
    began = proxies(os.getpid())
    assert len(began) == (1 if via == "proxy" else 0)
    folders = [folder_of(each) for each in began]
    assert [each.stat().st_mode & 0o077 for each in folders] == [0] * len(folders)

    assert world.ways.leave() == ()
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection((reached.host, reached.port))
    assert not any(each.is_running() for each in began)
    assert not any(each.exists() for each in folders)


@BOTH
def test_what_is_in_the_way_is_told_with_its_mend(
    world_by: MakeWorld, name_of_instance: str, faults: Client, via: str
) -> None:
    world = world_by(via)
    nowhere = "nhia-hrms:us-central1:nowhere"
    with pytest.raises(InstanceMissing):
        connect(target(world, name_of_instance, name="nowhere", connection_name=nowhere))

    with connect(target(world, name_of_instance)):
        pass
    wrong = target(world_by(via), name_of_instance)
    with pytest.raises(DatabaseCredentialsRefused):
        connect(replace(wrong, password="wrong"))

    faults.arm(kind="deny", permission="cloudsql.instances.connect")
    with pytest.raises(NotAuthorised) as raised:
        connect(target(world_by(via), name_of_instance))
    assert "cloudsql.instances.connect" in raised.value.fix


@BOTH
def test_a_login_that_has_expired_is_told_with_the_command_that_renews_it(
    world_by: MakeWorld, name_of_instance: str, faults: Client, via: str
) -> None:
    asked_for = target(world_by(via), name_of_instance)
    certificate = "generateEphemeralCert|createEphemeral"
    faults.arm(kind="error", code=401, path=certificate, times=9)

    with pytest.raises(NotLoggedIn) as raised:
        connect(asked_for)

    assert raised.value.fix == "gcloud auth application-default login"
    assert "invalid authentication credentials" in raised.value.why


@BOTH
def test_an_account_logs_in_by_iam_with_its_token_for_a_password(
    world_by: MakeWorld, name_of_instance: str, sandbox: Client, via: str
) -> None:
    path, role = f"instances/{name_of_instance}/users", f"hrms-{via}@nhia-hrms.iam"
    if role not in {each["name"] for each in sandbox.sql("GET", path)["items"]}:
        done(sandbox, "POST", path, {"name": role, "type": "CLOUD_IAM_SERVICE_ACCOUNT"})

    world = world_by(via, "iam = true", user=f"{role}.gserviceaccount.com")
    reached = target(world, name_of_instance)

    assert reached.password_source.startswith("IAM: ")
    with connect(reached, read_only=True) as session:
        assert session.execute("SELECT current_user").fetchall() == [(role,)]
    unknown = world_by(via, "iam = true", user="nobody@nhia-hrms.iam.gserviceaccount.com")
    with pytest.raises(DatabaseCredentialsRefused) as raised:
        connect(target(unknown, name_of_instance))
    assert raised.value.fix.startswith("gcloud sql users create nobody@nhia-hrms.iam")


def test_private_service_connect_is_taken_where_the_instance_has_it(
    world_by: MakeWorld, name_of_instance: str, sandbox: Client
) -> None:
    def have_psc(setting: dict[str, bool] | None) -> None:
        patched(sandbox, name_of_instance, ipConfiguration={"pscConfig": setting})

    have_psc(None)
    with pytest.raises(NoSuchAddress) as raised:
        connect(target(world_by("connector", 'ip_type = "psc"'), name_of_instance))
    assert raised.value.fix == 'Set ip_type = "public" in [environments.NAME.database].'

    have_psc({"pscEnabled": True})
    connect(target(world_by("connector", 'ip_type = "psc"'), name_of_instance)).close()


def test_a_server_side_proxy_that_nobody_reaches_is_told_with_its_address(
    world_by: MakeWorld, name_of_instance: str, sandbox: Client
) -> None:
    sandbox.call("POST", f"/_sandbox/instances/{name_of_instance}:stop", {})
    try:
        with pytest.raises(ServerProxyUnreachable) as raised:
            connect(target(world_by("connector"), name_of_instance))
    finally:
        sandbox.call("POST", f"/_sandbox/instances/{name_of_instance}:start", {})
    assert ":3307" in raised.value.what


def test_a_binary_that_is_not_there_or_another_is_told(
    world_by: MakeWorld, name_of_instance: str
) -> None:
    absent = world_by("proxy", 'proxy_binary = "/nowhere/cloud-sql-proxy"')
    with pytest.raises(AuthProxyMissing) as raised:
        connect(target(absent, name_of_instance))
    assert 'via = "connector"' in raised.value.fix
    with pytest.raises(AuthProxyMissing, match="true"):
        connect(target(world_by("proxy", 'proxy_binary = "true"'), name_of_instance))


@DEBIANS
@pytest.mark.cloud_sql_proxy
def test_an_auth_proxy_that_dies_is_started_again_by_the_next_connection(
    world_by: MakeWorld, name_of_instance: str
) -> None:
    reached = target(world_by("proxy"), name_of_instance)
    connect(reached).close()
    [first] = proxies(os.getpid())
    first.kill()
    psutil.wait_procs([first], timeout=20)

    eventually(lambda: works(reached))

    [second] = proxies(os.getpid())
    assert second.pid != first.pid


HOLDS = """
import sys
from pathlib import Path
from hrmsops import config
from hrmsops.postgres.session import connect
from hrmsops.world import World
world = World(config.load(Path(sys.argv[1])).environment("staging"))
session = connect(world.target(world.cloud_sql.instance(sys.argv[2]), application_name="hrmsops"))
print("there", flush=True)
sys.stdin.read()
"""


@DEBIANS
@pytest.mark.cloud_sql_proxy
def test_an_auth_proxy_ends_with_hrmsops_even_where_that_is_killed(
    world_by: MakeWorld, name_of_instance: str, tmp_path: Path
) -> None:
    world_by("proxy")
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLDS, str(tmp_path / "hrmsops.toml"), name_of_instance],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    with holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "there\n"
        [proxy] = proxies(holder.pid)
        os.kill(holder.pid, signal.SIGKILL)
        eventually(lambda: not is_running(proxy.pid))


def proxies(of: int) -> list[psutil.Process]:
    """The Auth Proxies that a process has started."""
    return [
        each
        for each in psutil.Process(of).children(recursive=True)
        if each.name() == "cloud_sql_proxy"
    ]


def folder_of(proxy: psutil.Process) -> Path:
    """Where it has its socket."""
    [folder] = [word for word in proxy.cmdline() if word.startswith("-dir=")]
    return Path(folder.removeprefix("-dir="))


def works(reached: Target) -> bool:
    try:
        connect(reached).close()
    except HrmsopsError:
        return False
    return True
