"""Operations: what they carry, how they are waited for."""

from __future__ import annotations

import time

import pytest

from hrmsops.sandbox.client import Client
from hrmsops.sandbox.cloud_run.cloud import PARENT
from tests.fixtures.refusals import refusal
from tests.fixtures.sandboxes import deploy, template


def begin(sandbox: Client, name: str, image: str) -> str:
    """Ask for a change of the service; the operation's name."""
    path = f"/v2/{PARENT}/services/{name}?updateMask=template&allowMissing=true"
    operation = sandbox.call("PATCH", path, {"template": template(image)})
    assert not operation["done"]
    return str(operation["name"])


def test_an_operation_begins_with_the_service_as_it_is_to_be(
    sandbox: Client, images: dict[str, str], name: str
) -> None:
    operation = sandbox.call("GET", f"/v2/{begin(sandbox, name, images['deaf'])}")

    assert operation["metadata"]["@type"] == "type.googleapis.com/google.cloud.run.v2.Service"
    assert operation["metadata"]["reconciling"] is True
    assert operation["metadata"]["terminalCondition"]["state"] == "CONDITION_RECONCILING"
    assert not {"response", "error"} & operation.keys()


def test_waiting_answers_when_the_operation_has_ended(
    sandbox: Client, images: dict[str, str], name: str
) -> None:
    operation = begin(sandbox, name, images["echo"])
    started = time.monotonic()

    ended = sandbox.call("POST", f"/v2/{operation}:wait", {"timeout": "20s"})

    assert ended["done"]
    assert ended["response"]["name"].endswith(name)
    assert time.monotonic() - started < 5


def test_waiting_gives_up_after_its_timeout(
    sandbox: Client, images: dict[str, str], name: str
) -> None:
    operation = begin(sandbox, name, images["deaf"])

    answer = sandbox.call("POST", f"/v2/{operation}:wait", {"timeout": "0.2s"})

    assert answer["done"] is False


def test_an_ended_operation_stays_as_it_ended(
    sandbox: Client, images: dict[str, str], name: str
) -> None:
    operation = sandbox.finished({"name": begin(sandbox, name, images["echo"]), "done": False})
    sandbox.patch_service(name, {"labels": {"later": "1"}}, mask="labels")

    assert sandbox.call("GET", f"/v2/{operation['name']}") == operation
    assert "labels" not in operation["response"]


def test_changes_of_a_service_take_effect_in_the_order_in_which_they_were_accepted(
    sandbox: Client, images: dict[str, str], name: str
) -> None:
    deploy(sandbox, name, images["echo"])
    path = f"/v2/{PARENT}/services/{name}?updateMask=template"
    begun = [
        sandbox.call("PATCH", path, {"template": template(images["echo"], GREETING=str(number))})
        for number in range(3)
    ]

    ended = [sandbox.finished(operation)["response"] for operation in begun]

    assert [each["observedGeneration"] for each in ended] == ["2", "3", "4"]
    service = sandbox.service(name)
    assert service["latestReadyRevision"] == service["latestCreatedRevision"]
    assert service["reconciling"] is False


def test_operations_are_listed_the_newest_first(
    sandbox: Client, images: dict[str, str], name: str
) -> None:
    deploy(sandbox, name, images["echo"])

    listed = sandbox.call("GET", f"/v2/{PARENT}/operations?pageSize=1")

    assert listed["operations"][0]["response"]["name"].endswith(name)
    assert listed["nextPageToken"]


def test_an_operation_that_never_was_is_404(sandbox: Client) -> None:
    assert refusal(sandbox.call, "GET", f"/v2/{PARENT}/operations/no-such-one") == "404 NOT_FOUND"


@pytest.mark.parametrize("timeout", ["5", "soon", "-1s"])
def test_a_timeout_that_is_no_duration_is_refused(
    sandbox: Client, images: dict[str, str], name: str, timeout: str
) -> None:
    operation = begin(sandbox, name, images["echo"])

    assert (
        refusal(sandbox.call, "POST", f"/v2/{operation}:wait", {"timeout": timeout})
        == "400 INVALID_ARGUMENT"
    )
