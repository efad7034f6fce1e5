"""A SIGKILL of the sandbox in the middle of an operation: finished, or failed, and never twice."""

from __future__ import annotations

import pytest

from hrmsops.sandbox.client import Client
from tests.fixtures.sandboxes import hrmsops
from tests.sandbox.cloud_sql import clone, kept, make, now, run_context, runs, session, write
from tests.sandbox.connectors import connected, connector
from tests.sandbox.test_daemon import kill, restart

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("seconds", [0.0, 0.05, 0.15, 0.3])
def test_a_clone_that_a_kill_interrupted_is_finished_once(
    own_sandbox: Client, seconds: float
) -> None:
    make(own_sandbox, "prod")
    at = write(own_sandbox, "prod", 1)
    write(own_sandbox, "prod", 2)
    operation = clone(own_sandbox, "prod", "clone", at)

    _pause(seconds)
    kill(own_sandbox)
    again = restart(own_sandbox)
    ended = again.sql_finished(operation)

    assert "error" not in ended
    assert kept(again, "clone") == [1]
    assert kept(again, "prod") == [1, 2]
    listed = again.sql("GET", "operations?instance=clone")["items"]
    assert [each["name"] for each in listed] == [operation["name"]]


@pytest.mark.parametrize("seconds", [0.0, 0.1, 0.2, 0.3])
def test_a_restore_in_place_that_a_kill_interrupted_is_finished(
    own_sandbox: Client, seconds: float
) -> None:
    make(own_sandbox, "prod")
    write(own_sandbox, "prod", 1)
    number = own_sandbox.back_up("prod")["backupContext"]["backupId"]
    write(own_sandbox, "prod", 2)
    context = {"restoreBackupContext": run_context(number, "prod")}
    operation = own_sandbox.sql("POST", "instances/prod/restoreBackup", context)

    _pause(seconds)
    kill(own_sandbox)
    again = restart(own_sandbox)

    assert "error" not in again.sql_finished(operation)
    assert kept(again, "prod") == [1]
    at = write(again, "prod", 3)
    again.sql_finished(clone(again, "prod", "clone", at))
    assert kept(again, "clone") == [1, 3]


@pytest.mark.parametrize("seconds", [0.0, 0.1])
def test_a_backup_that_a_kill_interrupted_is_finished(own_sandbox: Client, seconds: float) -> None:
    make(own_sandbox, "prod")
    operation = own_sandbox.sql("POST", "instances/prod/backupRuns", {})

    _pause(seconds)
    kill(own_sandbox)
    again = restart(own_sandbox)

    assert "error" not in again.sql_finished(operation)
    assert [each["status"] for each in runs(again, "prod")] == ["SUCCESSFUL"] * 2


def test_running_instances_are_adopted_and_stopped_ones_stay_so(own_sandbox: Client) -> None:
    make(own_sandbox, "prod")
    make(own_sandbox, "stopped")
    wish = {"settings": {"activationPolicy": "NEVER"}}
    own_sandbox.sql_finished(own_sandbox.sql("PATCH", "instances/stopped", wish))
    make(own_sandbox, "lost")
    own_sandbox.destroy_instance("lost")
    before = own_sandbox.state()

    with session(own_sandbox, "prod") as client:
        kill(own_sandbox)
        again = restart(own_sandbox)
        assert client.execute("SELECT 1").fetchone() == (1,)
    with connector(again) as google, connected(google, "prod") as client:
        assert client.execute("SELECT 1").fetchone() == (1,), "Its proxy listens again."

    assert again.state() == before
    assert [again.instance(each)["running"] for each in ("prod", "stopped", "lost")] == [
        True,
        False,
        False,
    ]
    told = hrmsops("sandbox", "status", "--dir", str(again.home.root)).out
    shown = [line.split(maxsplit=2) for line in told.splitlines()]
    assert ["lost", "stopped", "FAILED, 0 backups"] in shown
    assert ["stopped", "stopped", "RUNNABLE, 1 backup"] in shown


def test_a_clone_that_waits_goes_on_after_an_orderly_end(own_sandbox: Client) -> None:
    make(own_sandbox, "prod")
    write(own_sandbox, "prod", 1)
    own_sandbox.arm(kind="stall", operation="sql.clone", seconds=2)
    operation = clone(own_sandbox, "prod", "clone", now())

    hrmsops("sandbox", "down", "--dir", str(own_sandbox.home.root))
    again = restart(own_sandbox)

    assert "error" not in again.sql_finished(operation)
    assert kept(again, "clone") == [1]


def _pause(seconds: float) -> None:
    import time

    time.sleep(seconds)  # Where in the operation the kill falls.
