"""Who may do what: permissions that a fault takes away, and what the other APIs say of them."""

from __future__ import annotations

from typing import Any

import pytest

from hrmsops.sandbox.access.asked import ACT_AS, asked
from hrmsops.sandbox.access.needed import needed
from hrmsops.sandbox.client import Client
from hrmsops.sandbox.cloud_run.cloud import PARENT, PROJECT
from tests.fixtures.refusals import refusal
from tests.fixtures.sandboxes import deploy

GET, UPDATE = "run.services.get", "run.services.update"
CREATE, DELETE = "storage.objects.create", "storage.objects.delete"


def held(sandbox: Client, *permissions: str, path: str = f"/v3/projects/{PROJECT}") -> list[str]:
    asked = {"permissions": list(permissions)}
    found = sandbox.call("POST", f"{path}:testIamPermissions", asked)
    return list(found.get("permissions", ()))


def test_a_denied_permission_is_refused_and_not_said_to_be_held_until_it_is_cleared(
    faults: Client, images: dict[str, str], name: str
) -> None:
    deploy(faults, name, images["echo"])
    service = f"/v2/{PARENT}/services/{name}"
    armed = faults.arm(kind="deny", permission="run\\.services\\.up.*")

    for path in (f"/v3/projects/{PROJECT}", service):
        assert held(faults, GET, UPDATE, path=path) == [GET]
    for _ in range(2):
        patch = (f"{service}?updateMask=labels", {"labels": {"a": "b"}})
        assert refusal(faults.call, "PATCH", *patch) == "403 PERMISSION_DENIED"
    assert faults.call("GET", service)["name"].endswith(name)

    faults.clear_faults(armed["id"])
    assert held(faults, GET, UPDATE, path=service) == [GET, UPDATE]
    faults.patch_service(name, {"labels": {"a": "b"}}, mask="labels")


def test_cloud_sql_words_it_in_its_own_way(faults: Client) -> None:
    faults.arm(kind="deny", permission="cloudsql.instances.list")

    assert refusal(faults.sql, "GET", "instances") == "403 notAuthorized"


def test_what_has_no_such_name_is_no_permission(sandbox: Client) -> None:
    assert refusal(held, sandbox, "run.services.*") == "400 INVALID_ARGUMENT"


def test_the_registry_tells_whether_an_image_is_there(
    sandbox: Client, images: dict[str, str]
) -> None:
    digest = sandbox.status()["images"][images["echo"]]
    folder = f"/v1/{PARENT}/repositories/hrms/dockerImages"

    assert sandbox.call("GET", f"{folder}/echo@{digest}")["uri"].endswith(digest)
    gone = f"{folder}/echo@sha256:{'0' * 64}"
    assert refusal(sandbox.call, "GET", gone) == "404 NOT_FOUND"


def test_a_token_tells_whose_it_is(sandbox: Client) -> None:
    found = sandbox.call("POST", "/oauth2/v2/tokeninfo?access_token=any")

    assert (found["email"], found["expires_in"]) == (sandbox.status()["account"], 3599)


@pytest.mark.parametrize(
    ("call", "permission"),
    [
        ("POST /v1/projects/p/instances/i/clone", "cloudsql.instances.clone"),
        ("POST /sql/v1beta4/projects/p/instances/i/clone", "cloudsql.instances.clone"),
        ("PATCH /v2/projects/p/locations/l/services/s", UPDATE),
        ("PUT /apis/serving.knative.dev/v1/namespaces/p/services/s", UPDATE),
        ("POST /v2/projects/p/locations/l/queues/q:pause", "cloudtasks.queues.pause"),
        ("GET /v2/projects/p/locations/l/services/s/revisions/r", "run.revisions.get"),
        ("GET /v1/projects/p/locations/l/jobs/Paused", "cloudscheduler.jobs.get"),
        ("POST /v1/projects/p/locations/l/jobs/j:resume", "cloudscheduler.jobs.enable"),
        ("POST /oauth2/v2/tokeninfo", ""),
    ],
)
def test_a_call_asks_for_its_permission(call: str, permission: str) -> None:
    assert needed(*call.split(" ", 1)) == permission


@pytest.mark.parametrize(
    ("call", "query", "body", "permissions"),
    [
        ("PATCH /v2/projects/p/locations/l/services/s", {}, {"traffic": []}, (UPDATE, ACT_AS)),
        ("POST /v2/projects/p/locations/l/jobs", {}, {}, ("run.jobs.create", ACT_AS)),
        ("POST /v2/projects/p/locations/l/jobs/j:run", {}, {}, ("run.jobs.run",)),
        (
            "POST /v2/projects/p/locations/l/jobs/j:run",
            {},
            {"overrides": {"taskCount": 1}},
            ("run.jobs.runWithOverrides",),
        ),
        (
            "POST /v1/projects/p/instances/i/restoreBackup",
            {},
            {"restoreBackupContext": {}},
            ("cloudsql.instances.restoreBackup", "cloudsql.backupRuns.get"),
        ),
        (
            "POST /v1/projects/p/instances/i/restoreBackup",
            {},
            {"backup": "projects/p/backups/b"},
            (
                "cloudsql.instances.restoreBackup",
                "cloudsql.backupRuns.get",
                "cloudsql.instances.create",
            ),
        ),
        ("POST /upload/storage/v1/b/b/o", {"ifGenerationMatch": "0"}, {}, (CREATE,)),
        ("POST /upload/storage/v1/b/b/o", {"ifGenerationMatch": "7"}, {}, (CREATE, DELETE)),
        ("GET /storage/v1/b/b/iam/testPermissions", {}, {}, ()),
    ],
)
def test_a_call_asks_for_more_by_what_it_holds(
    call: str, query: dict[str, str], body: dict[str, Any], permissions: tuple[str, ...]
) -> None:
    method, path = call.split(" ", 1)
    assert asked(method, path, query, body) == permissions
