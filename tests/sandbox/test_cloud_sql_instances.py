"""Instances over the Admin API: seen, made, changed, stopped, protected and deleted."""

from __future__ import annotations

import psycopg
import pytest

from hrmsops.errors.sandbox import SandboxRefused
from hrmsops.sandbox.client import Client
from tests.fixtures.refusals import refusal, said
from tests.sandbox.cloud_sql import (
    PASSWORD,
    clone,
    done,
    error_of,
    kept,
    make,
    patched,
    runs,
    session,
    settings,
    write,
)

pytestmark = pytest.mark.usefixtures("tidy")


def test_an_instance_is_shown_as_google_shows_it(sandbox: Client, name: str) -> None:
    make(sandbox, name)

    shown = sandbox.sql("GET", f"instances/{name}")

    assert shown["state"] == "RUNNABLE"
    assert shown["connectionName"] == f"nhia-hrms:us-central1:{name}"
    [address] = shown["ipAddresses"]
    assert address["type"] == "PRIMARY"
    assert address["ipAddress"].startswith("127.")
    assert address["ipAddress"] != "127.0.0.1"
    assert shown["databaseVersion"].startswith("POSTGRES_")
    assert shown["settings"]["availabilityType"] == "REGIONAL"
    assert shown["settings"]["deletionProtectionEnabled"] is True
    assert shown["settings"]["backupConfiguration"]["pointInTimeRecoveryEnabled"] is True
    known = sandbox.instance(name)
    assert shown["settings"]["userLabels"]["sandbox-port"] == str(known["port"])
    assert (known["host"], known["state"], known["running"]) == ("127.0.0.1", "RUNNABLE", True)
    assert [(each["type"], each["status"]) for each in runs(sandbox, name)] == [
        ("AUTOMATED", "SUCCESSFUL")
    ]


def test_both_versions_of_the_api_show_the_same(sandbox: Client, name: str) -> None:
    make(sandbox, name)

    path = f"projects/nhia-hrms/instances/{name}"

    assert sandbox.call("GET", f"/v1/{path}") == sandbox.call("GET", f"/sql/v1beta4/{path}")


def test_an_inserted_instance_can_be_logged_in_to(sandbox: Client, name: str) -> None:
    password = f"root-of-{name}"
    wish = {"name": name, "rootPassword": password, "settings": {"tier": "db-f1-micro"}}

    operation = done(sandbox, "POST", "instances", wish)

    assert (operation["operationType"], operation["targetId"]) == ("CREATE", name)
    assert operation["insertTime"] <= operation["startTime"] <= operation["endTime"]
    assert operation["user"] == "oncall@nhia.example"
    assert settings(sandbox, name)["tier"] == "db-f1-micro"
    psycopg.connect(
        host="127.0.0.1",
        port=sandbox.instance(name)["port"],
        user="postgres",
        password=password,
        dbname="postgres",
    ).close()
    told = (sandbox.home.logs / "requests.jsonl").read_text()
    assert name in told
    assert [each for each in (password, PASSWORD, "secret-postgres") if each in told] == []


def test_a_list_has_pages_and_a_filter(sandbox: Client, name: str) -> None:
    for suffix in ("-a", "-b"):
        done(sandbox, "POST", "instances", {"name": name + suffix})

    first = sandbox.sql("GET", "instances?maxResults=1")
    second = sandbox.sql("GET", f"instances?maxResults=1&pageToken={first['nextPageToken']}")
    found = sandbox.sql("GET", f"instances?filter=name:{name}-a")

    assert [each["name"] for page in (first, second) for each in page["items"]] == [
        f"{name}-b",
        f"{name}-a",
    ]
    assert [each["name"] for each in found["items"]] == [f"{name}-a"]


@pytest.mark.parametrize("bad", ["", "Upper", "1digit", "under_score", "a" * 89])
def test_a_name_that_google_would_not_take_is_refused(sandbox: Client, bad: str) -> None:
    assert refusal(sandbox.sql, "POST", "instances", {"name": bad}) == "400 invalid"


def test_a_name_that_is_taken_is_refused(sandbox: Client, name: str) -> None:
    make(sandbox, name)

    assert refusal(sandbox.sql, "POST", "instances", {"name": name}) == "409 instanceAlreadyExists"


def test_an_instance_that_is_not_there_is_not_found(sandbox: Client) -> None:
    assert refusal(sandbox.sql, "GET", "instances/nowhere") == "404 instanceDoesNotExist"
    assert (
        refusal(sandbox.call, "GET", "/v1/projects/another/instances/nowhere")
        == "403 notAuthorized"
    )


def test_a_patch_merges_and_a_stale_version_conflicts(sandbox: Client, name: str) -> None:
    make(sandbox, name)
    before = settings(sandbox, name)

    patched(
        sandbox,
        name,
        settingsVersion=before["settingsVersion"],
        userLabels={"superseded-by": "x", "sandbox-port": "1"},
        backupConfiguration={"transactionLogRetentionDays": 3},
    )

    after = settings(sandbox, name)
    assert int(after["settingsVersion"]) == int(before["settingsVersion"]) + 1
    assert after["userLabels"] == {
        "superseded-by": "x",
        "sandbox-port": str(sandbox.instance(name)["port"]),
    }
    assert after["backupConfiguration"]["enabled"] is True
    assert after["backupConfiguration"]["transactionLogRetentionDays"] == 3
    stale = {"settings": {"settingsVersion": before["settingsVersion"]}}
    with pytest.raises(SandboxRefused, match="Condition does not match") as caught:
        sandbox.sql("PATCH", f"instances/{name}", stale)
    assert said(caught.value) == "412 staleData"
    with pytest.raises(SandboxRefused, match="settingsVersion") as caught:
        sandbox.sql("PUT", f"instances/{name}", {"settings": {}})
    assert said(caught.value) == "400 invalid"


def test_flags_reach_the_server_and_impossible_ones_fail_the_operation(
    sandbox: Client, name: str
) -> None:
    make(sandbox, name)
    write(sandbox, name, 1)

    patched(sandbox, name, databaseFlags=[{"name": "max_connections", "value": "37"}])
    wish = {"settings": {"databaseFlags": [{"name": "max_connections", "value": "many"}]}}
    failed = sandbox.sql_finished(sandbox.sql("PATCH", f"instances/{name}", wish))

    assert "max_connections" in error_of(failed)["message"]
    with session(sandbox, name) as client:
        assert client.execute("SHOW max_connections").fetchone() == ("37",)
    assert settings(sandbox, name)["databaseFlags"] == [{"name": "max_connections", "value": "37"}]
    flag = {"name": "archive_command", "value": "rm -rf /"}
    with pytest.raises(SandboxRefused, match="archive_command") as caught:
        sandbox.sql("PATCH", f"instances/{name}", {"settings": {"databaseFlags": [flag]}})
    assert said(caught.value) == "400 invalid"


def test_one_that_its_owner_stopped_is_runnable_and_lets_nobody_in(
    sandbox: Client, name: str
) -> None:
    make(sandbox, name)
    at = write(sandbox, name, 1)
    write(sandbox, name, 2)

    patched(sandbox, name, activationPolicy="NEVER")

    assert sandbox.sql("GET", f"instances/{name}")["state"] == "RUNNABLE"
    with pytest.raises(psycopg.OperationalError):
        session(sandbox, name)
    for path in ("users", "databases"):
        with pytest.raises(SandboxRefused, match="not running") as caught:
            sandbox.sql("GET", f"instances/{name}/{path}")
        assert said(caught.value) == "400 invalid"
    with pytest.raises(SandboxRefused, match="not running") as caught:
        sandbox.sql("POST", f"instances/{name}/backupRuns", {})
    assert said(caught.value) == "400 invalid"
    assert "error" not in sandbox.sql_finished(clone(sandbox, name, f"{name}-clone", at))
    assert kept(sandbox, f"{name}-clone") == [1]
    assert settings(sandbox, f"{name}-clone")["databaseFlags"] == []
    patched(sandbox, name, activationPolicy="ALWAYS")
    assert kept(sandbox, name) == [1, 2]


def test_a_restart_ends_sessions_and_keeps_data(sandbox: Client, name: str) -> None:
    make(sandbox, name)
    write(sandbox, name, 1)
    with session(sandbox, name) as client:
        assert done(sandbox, "POST", f"instances/{name}/restart")["operationType"] == "RESTART"
        with pytest.raises(psycopg.OperationalError):
            client.execute("SELECT 1")

    assert kept(sandbox, name) == [1]


def test_a_protected_instance_is_not_deleted(sandbox: Client, name: str) -> None:
    make(sandbox, name)

    with pytest.raises(SandboxRefused, match="protected") as caught:
        sandbox.sql("DELETE", f"instances/{name}")
    assert said(caught.value) == "400 invalid"

    patched(sandbox, name, deletionProtectionEnabled=False)
    done(sandbox, "DELETE", f"instances/{name}")
    assert refusal(sandbox.sql, "GET", f"instances/{name}") == "404 instanceDoesNotExist"
    assert not list(sandbox.home.root.glob(f"instances/{name}*"))


def test_a_busy_instance_takes_no_second_operation(faults: Client, name: str) -> None:
    make(faults, name)
    faults.arm(kind="stall", operation="sql.backup", seconds=0.7)
    backup = faults.sql("POST", f"instances/{name}/backupRuns", {})

    for method, path, body in (
        ("POST", "backupRuns", {}),
        ("POST", "restart", {}),
        ("PATCH", "", {"settings": {"tier": "db-f1-micro"}}),
    ):
        assert (
            refusal(faults.sql, method, f"instances/{name}/{path}".rstrip("/"), body)
            == "409 operationInProgress"
        )
    assert refusal(clone, faults, name, f"{name}-clone") == "409 operationInProgress"

    assert faults.sql("GET", f"instances/{name}")["state"] == "RUNNABLE"
    assert "error" not in faults.sql_finished(backup)
    names = [each["name"] for each in faults.sql("GET", "instances")["items"]]
    assert f"{name}-clone" not in names


def test_operations_are_listed_by_instance_and_none_here_can_be_cancelled(
    sandbox: Client, name: str
) -> None:
    make(sandbox, name)
    done(sandbox, "POST", f"instances/{name}/restart")

    listed = sandbox.sql("GET", f"operations?instance={name}")["items"]

    assert [each["operationType"] for each in listed] == ["RESTART", "BACKUP_VOLUME"]
    assert {each["status"] for each in listed} == {"DONE"}
    with pytest.raises(SandboxRefused, match="not cancelled") as caught:
        sandbox.sql("POST", f"operations/{listed[0]['name']}/cancel")
    assert said(caught.value) == "400 invalid"
    assert refusal(sandbox.sql, "GET", "operations/none") == "404 operationDoesNotExist"


def test_a_failing_call_says_it_in_cloud_sqls_words(faults: Client, name: str) -> None:
    faults.arm(kind="error", path="instances$", code=503)
    faults.arm(
        kind="error", path="instances$", code=403, message="Quota exceeded: Queries per minute"
    )

    assert refusal(faults.sql, "GET", "instances") == "503 backendError"
    with pytest.raises(SandboxRefused, match="Quota") as caught:
        faults.sql("GET", "instances")
    assert said(caught.value) == "403 rateLimitExceeded"


def test_an_instance_can_be_shown_in_any_state(sandbox: Client, name: str) -> None:
    make(sandbox, name)

    sandbox.stick(name, "MAINTENANCE")

    assert sandbox.sql("GET", f"instances/{name}")["state"] == "MAINTENANCE"
    with pytest.raises(SandboxRefused, match="not running") as caught:
        sandbox.sql("POST", f"instances/{name}/backupRuns", {})
    assert said(caught.value) == "400 invalid"
    sandbox.stick(name)
    assert sandbox.sql("GET", f"instances/{name}")["state"] == "RUNNABLE"
