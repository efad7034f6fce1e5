"""Who may call a service."""

from __future__ import annotations

from urllib.request import Request, urlopen

import pytest

from hrmsops.sandbox.client import Client
from hrmsops.sandbox.cloud_run.cloud import PARENT
from tests.fixtures.refusals import refusal
from tests.fixtures.sandboxes import deploy
from tests.sandbox.test_cloud_run_traffic import shift


def close(sandbox: Client, name: str) -> None:
    """Take the right to call from everyone."""
    path = f"/v2/{PARENT}/services/{name}"
    policy = sandbox.call("GET", f"{path}:getIamPolicy")
    assert policy["bindings"] == [{"role": "roles/run.invoker", "members": ["allUsers"]}]
    sandbox.call("POST", f"{path}:setIamPolicy", {"policy": {**policy, "bindings": []}})


def test_a_closed_service_answers_403_without_a_token(
    sandbox: Client, images: dict[str, str], name: str
) -> None:
    uri = deploy(sandbox, name, images["echo"])["uri"]
    close(sandbox, name)
    shift(sandbox, name)

    with pytest.raises(OSError, match="403"):
        urlopen(uri, timeout=5)
    request = Request(uri, headers={"Authorization": "Bearer any"})
    with urlopen(request, timeout=5) as reply:
        assert reply.status == 200


def test_the_check_for_invokers_can_be_switched_off(
    sandbox: Client, images: dict[str, str], name: str
) -> None:
    uri = deploy(sandbox, name, images["echo"])["uri"]
    close(sandbox, name)

    sandbox.patch_service(name, {"invokerIamDisabled": True}, mask="invokerIamDisabled")

    with urlopen(uri, timeout=5) as reply:
        assert reply.status == 200


def test_a_stale_policy_is_a_conflict(sandbox: Client, images: dict[str, str], name: str) -> None:
    deploy(sandbox, name, images["echo"])
    close(sandbox, name)
    path = f"/v2/{PARENT}/services/{name}:setIamPolicy"

    assert (
        refusal(sandbox.call, "POST", path, {"policy": {"bindings": [], "etag": "ACAB"}})
        == "409 ABORTED"
    )


def test_the_operator_may_do_what_is_asked_about(
    sandbox: Client, images: dict[str, str], name: str
) -> None:
    deploy(sandbox, name, images["echo"])
    wanted = ["run.services.get", "run.services.update"]

    told = sandbox.call(
        "POST", f"/v2/{PARENT}/services/{name}:testIamPermissions", {"permissions": wanted}
    )

    assert told == {"permissions": wanted}
