"""Google's own Python client, which knows nothing of a sandbox."""

from __future__ import annotations

import time
from typing import Any

import pytest
from googleapiclient.discovery import build
from googleapiclient.errors import HttpError

from hrmsops.sandbox.client import Client
from tests.sandbox.bearer import bearer
from tests.sandbox.cloud_sql import kept, make, write

pytestmark = pytest.mark.usefixtures("tidy")
PROJECT = {"project": "nhia-hrms"}


@pytest.fixture(params=["v1", "v1beta4"])
def api(sandbox: Client, request: pytest.FixtureRequest) -> Any:
    return build(
        "sqladmin",
        request.param,
        static_discovery=True,
        credentials=bearer("any"),
        client_options={"api_endpoint": sandbox.endpoint},
    )


def ended(api: Any, operation: dict[str, Any]) -> dict[str, Any]:
    deadline = time.monotonic() + 120
    while operation["status"] != "DONE":
        assert time.monotonic() < deadline
        time.sleep(0.05)
        operation = api.operations().get(operation=operation["name"], **PROJECT).execute()
    return operation


def test_a_recovery_from_the_window_to_the_clone(sandbox: Client, api: Any, name: str) -> None:
    make(sandbox, name)
    at = write(sandbox, name, 1)
    write(sandbox, name, 2)
    window = api.projects().instances().getLatestRecoveryTime(instance=name, **PROJECT).execute()
    assert window["earliestRecoveryTime"] < at < window["latestRecoveryTime"]

    context = {"destinationInstanceName": f"{name}-clone", "pointInTime": at}
    body = {"cloneContext": context}
    operation = api.instances().clone(instance=name, body=body, **PROJECT).execute()

    assert "error" not in ended(api, operation)
    shown = api.instances().get(instance=f"{name}-clone", **PROJECT).execute()
    assert shown["state"] == "RUNNABLE"
    assert kept(sandbox, f"{name}-clone") == [1]
    with pytest.raises(HttpError) as refusal:
        api.instances().clone(instance=name, body=body, **PROJECT).execute()
    assert refusal.value.status_code == 409
    assert refusal.value.error_details[0]["reason"] == "instanceAlreadyExists"


def test_a_restore_from_the_list_of_backups(sandbox: Client, api: Any, name: str) -> None:
    make(sandbox, name)
    write(sandbox, name, 1)
    made = api.backupRuns().insert(instance=name, body={}, **PROJECT).execute()
    ended(api, made)
    write(sandbox, name, 2)

    listed = api.backupRuns().list(instance=name, **PROJECT).execute()["items"]
    context = {"backupRunId": listed[0]["id"], "instanceId": name}
    body = {"restoreBackupContext": context}
    operation = api.instances().restoreBackup(instance=name, body=body, **PROJECT).execute()

    assert "error" not in ended(api, operation)
    assert kept(sandbox, name) == [1]
    users = api.users().list(instance=name, **PROJECT).execute()["items"]
    assert [each["name"] for each in users] == ["hrms_app", "postgres"]
