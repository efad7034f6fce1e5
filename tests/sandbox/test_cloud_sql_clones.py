"""Clones: of a moment, of now, refused, failed, stuck; and what they take over."""

from __future__ import annotations

import tempfile
import time
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from hrmsops.errors.sandbox import SandboxRefused
from hrmsops.sandbox import launch
from hrmsops.sandbox.client import Client
from hrmsops.sandbox.destruction import destroy
from hrmsops.sandbox.home import Home
from tests.fixtures.refusals import refusal, said
from tests.fixtures.sandboxes import bring_up
from tests.sandbox.cloud_sql import (
    clone,
    done,
    error_of,
    kept,
    make,
    now,
    patched,
    runs,
    session,
    settings,
    write,
)

pytestmark = pytest.mark.usefixtures("tidy")


def test_a_clone_holds_what_was_committed_before_the_moment(sandbox: Client, name: str) -> None:
    make(sandbox, name)
    at = write(sandbox, name, 1, 2)
    write(sandbox, name, 3)

    operation = clone(sandbox, name, f"{name}-clone", at)

    assert (operation["status"], operation["operationType"]) == ("PENDING", "CLONE")
    assert operation["targetId"] == f"{name}-clone"
    assert "error" not in sandbox.sql_finished(operation)
    assert sandbox.sql("GET", f"instances/{name}-clone")["state"] == "RUNNABLE"
    assert kept(sandbox, f"{name}-clone") == [1, 2]
    write(sandbox, f"{name}-clone", 4)
    assert kept(sandbox, name) == [1, 2, 3]


def test_a_clone_without_a_moment_is_the_source_as_it_is(sandbox: Client, name: str) -> None:
    make(sandbox, name)
    write(sandbox, name, 1, 2)

    assert "error" not in sandbox.sql_finished(clone(sandbox, name, f"{name}-clone"))

    assert kept(sandbox, f"{name}-clone") == [1, 2]


def test_a_quiet_source_is_cloned_as_of_a_moment_ago(sandbox: Client, name: str) -> None:
    """Nothing was committed after the moment, and the last segment was never full."""
    make(sandbox, name)
    at = write(sandbox, name, 1)

    assert "error" not in sandbox.sql_finished(clone(sandbox, name, f"{name}-clone", at))

    assert kept(sandbox, f"{name}-clone") == [1]


def test_a_clone_comes_up_without_backups_logs_standby_and_window(
    sandbox: Client, name: str
) -> None:
    make(sandbox, name)
    patched(
        sandbox,
        name,
        databaseFlags=[{"name": "max_connections", "value": "42"}],
        userLabels={"team": "hrms"},
    )
    sandbox.sql_finished(clone(sandbox, name, f"{name}-clone", now()))

    found = settings(sandbox, f"{name}-clone")

    assert found["backupConfiguration"]["enabled"] is False
    assert found["backupConfiguration"]["pointInTimeRecoveryEnabled"] is False
    assert found["availabilityType"] == "ZONAL"
    assert "maintenanceWindow" not in found
    assert (found["settingsVersion"], found["userLabels"]["team"]) == ("1", "hrms")
    assert runs(sandbox, f"{name}-clone") == []
    with session(sandbox, f"{name}-clone") as client:
        assert client.execute("SHOW max_connections").fetchone() == ("42",)
    with pytest.raises(SandboxRefused, match="not enabled") as caught:
        sandbox.sql("GET", f"instances/{name}-clone/getLatestRecoveryTime")
    assert said(caught.value) == "400 invalid"


def test_a_clone_of_a_clone_has_logs_of_its_own(sandbox: Client, name: str) -> None:
    make(sandbox, name)
    write(sandbox, name, 1)
    sandbox.sql_finished(clone(sandbox, name, f"{name}-b", now()))
    backups = {"enabled": True, "pointInTimeRecoveryEnabled": True}
    patched(sandbox, f"{name}-b", backupConfiguration=backups)
    assert (
        refusal(sandbox.sql, "GET", f"instances/{name}-b/getLatestRecoveryTime")
        == "400 errorBackupNotFound"
    )
    done(sandbox, "POST", f"instances/{name}-b/backupRuns", {})
    at = write(sandbox, f"{name}-b", 2)
    write(sandbox, f"{name}-b", 3)

    assert "error" not in sandbox.sql_finished(clone(sandbox, f"{name}-b", f"{name}-c", at))

    assert kept(sandbox, f"{name}-c") == [1, 2]


def test_moments_that_cannot_be_reached_are_refused(sandbox: Client, name: str) -> None:
    make(sandbox, name)
    window = sandbox.sql("GET", f"instances/{name}/getLatestRecoveryTime")
    first = datetime.fromisoformat(window["earliestRecoveryTime"])
    clone_name = f"{name}-clone"

    assert (
        refusal(clone, sandbox, name, clone_name, (first - timedelta(microseconds=1)).isoformat())
        == "400 errorBackupNotFound"
    )
    with pytest.raises(SandboxRefused, match="future") as caught:
        clone(sandbox, name, clone_name, (datetime.now(UTC) + timedelta(hours=1)).isoformat())
    assert said(caught.value) == "400 invalid"
    for text in ("2026-08-22T09:14:00", "yesterday", "2026-13-22T09:14:00Z"):
        with pytest.raises(SandboxRefused, match="pointInTime") as caught:
            clone(sandbox, name, clone_name, text)
        assert said(caught.value) == "400 invalid"

    names = [each["name"] for each in sandbox.sql("GET", "instances")["items"]]
    assert clone_name not in names
    assert "error" not in sandbox.sql_finished(
        clone(sandbox, name, clone_name, f"{window['earliestRecoveryTime'][:-1]}999Z")
    )


def test_names_and_sources_are_checked(sandbox: Client, name: str) -> None:
    make(sandbox, name)

    assert refusal(clone, sandbox, name, name, now()) == "409 instanceAlreadyExists"
    with pytest.raises(SandboxRefused, match="name") as caught:
        clone(sandbox, name, "No_Name", now())
    assert said(caught.value) == "400 invalid"
    assert refusal(clone, sandbox, "nowhere", f"{name}-clone", now()) == "404 instanceDoesNotExist"
    context = {"destinationInstanceName": f"{name}-clone", "databaseNames": ["hrms"]}
    with pytest.raises(SandboxRefused, match="databaseNames") as caught:
        sandbox.sql("POST", f"instances/{name}/clone", {"cloneContext": context})
    assert said(caught.value) == "400 invalid"


def test_without_pitr_there_is_no_moment_to_clone(sandbox: Client, name: str) -> None:
    make(sandbox, name)
    patched(sandbox, name, backupConfiguration={"pointInTimeRecoveryEnabled": False})

    with pytest.raises(SandboxRefused, match="not enabled") as caught:
        clone(sandbox, name, f"{name}-clone", now())
    assert said(caught.value) == "400 invalid"

    patched(sandbox, name, backupConfiguration={"pointInTimeRecoveryEnabled": True})
    assert refusal(clone, sandbox, name, f"{name}-clone", now()) == "400 errorBackupNotFound"


def test_a_second_request_for_a_clone_meets_the_first(faults: Client, name: str) -> None:
    make(faults, name)
    faults.arm(kind="stall", operation="sql.clone", seconds=0.7)
    operation = clone(faults, name, f"{name}-clone", now())

    assert refusal(clone, faults, name, f"{name}-clone", now()) == "409 instanceAlreadyExists"
    assert refusal(clone, faults, name, f"{name}-other", now()) == "409 operationInProgress"

    assert faults.sql("GET", f"instances/{name}-clone")["state"] == "PENDING_CREATE"
    faults.sql_finished(operation)
    listed = faults.sql("GET", f"operations?instance={name}-clone")["items"]
    assert [each["operationType"] for each in listed] == ["CLONE"]


def test_a_clone_that_fails_leaves_a_failed_instance_and_the_source_alone(
    faults: Client, name: str
) -> None:
    make(faults, name)
    write(faults, name, 1)
    faults.arm(kind="operation", operation="sql.clone", message="Out of addresses")

    operation = faults.sql_finished(clone(faults, name, f"{name}-clone", now()))

    assert error_of(operation) == {
        "kind": "sql#operationError",
        "code": "INTERNAL_ERROR",
        "message": "Out of addresses",
    }
    assert faults.sql("GET", f"instances/{name}-clone")["state"] == "FAILED"
    assert kept(faults, name) == [1]
    settings = faults.sql("GET", f"instances/{name}-clone")["settings"]
    # Its source's protection does not keep anybody from deleting what came to nothing.
    assert settings["deletionProtectionEnabled"] is False


def test_a_clone_can_end_well_and_never_become_runnable(faults: Client, name: str) -> None:
    make(faults, name)
    faults.arm(kind="stick", operation="sql.clone", state="PENDING_CREATE")

    operation = faults.sql_finished(clone(faults, name, f"{name}-clone", now()))

    assert "error" not in operation
    assert faults.sql("GET", f"instances/{name}-clone")["state"] == "PENDING_CREATE"


@pytest.mark.slow
def test_a_cloud_far_away_lags_delays_and_keeps_its_own_time() -> None:
    with tempfile.TemporaryDirectory(prefix="hrmsops-tests-") as folder:
        home = Home(Path(folder) / "sandbox")
        words = ("--clone-delay", "1s", "--log-lag", "2s", "--clock-skew", "10m")
        sandbox = bring_up(home, *words)
        try:
            make(sandbox, "prod")
            assert (
                refusal(sandbox.sql, "GET", "instances/prod/getLatestRecoveryTime")
                == "400 errorBackupNotFound"
            )
            write(sandbox, "prod", 1)
            at = datetime.now(UTC) + timedelta(minutes=10)
            write(sandbox, "prod", 2)
            with pytest.raises(SandboxRefused, match="latest recovery time") as caught:
                clone(sandbox, "prod", "clone", at.isoformat())
            assert said(caught.value) == "400 invalid"
            _until(sandbox, at)

            began = datetime.now(UTC)
            operation = sandbox.sql_finished(clone(sandbox, "prod", "clone", at.isoformat()))

            assert "error" not in operation
            assert datetime.now(UTC) - began >= timedelta(seconds=1)
            assert kept(sandbox, "clone") == [1]
        finally:
            launch.stop(home)
            destroy(home)


@pytest.mark.slow
def test_private_addresses_are_told_and_lead_nowhere_from_here() -> None:
    with tempfile.TemporaryDirectory(prefix="hrmsops-tests-") as folder:
        home = Home(Path(folder) / "sandbox")
        sandbox = bring_up(home, "--private-ip")
        try:
            make(sandbox, "prod")
            shown = sandbox.sql("GET", "instances/prod")

            assert [each["type"] for each in shown["ipAddresses"]] == ["PRIVATE"]
            assert shown["ipAddresses"][0]["ipAddress"].startswith("10.")
            assert shown["settings"]["ipConfiguration"]["ipv4Enabled"] is False
            assert "sandbox-port" not in shown["settings"]["userLabels"]
        finally:
            launch.stop(home)
            destroy(home)


def _until(sandbox: Client, moment: datetime) -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        with suppress(SandboxRefused):  # At first it ends before it begins.
            window = sandbox.sql("GET", "instances/prod/getLatestRecoveryTime")
            if datetime.fromisoformat(window["latestRecoveryTime"]) > moment:
                return
        time.sleep(0.1)
    raise AssertionError("the window did not move on")
