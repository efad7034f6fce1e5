"""Faults: calls that fail, hang and drop, operations that end badly, a revision that dies."""

from __future__ import annotations

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from http.client import HTTPConnection, RemoteDisconnected
from urllib.parse import urlsplit

import pytest

from hrmsops.errors.sandbox import SandboxIsDown, SandboxRefused
from hrmsops.sandbox.client import Client
from hrmsops.sandbox.request_log import entries
from tests.fixtures.refusals import refusal, said
from tests.fixtures.sandboxes import deploy
from tests.sandbox.test_cloud_run_services import LATEST
from tests.sandbox.test_cloud_run_traffic import shift, to, two_revisions, who

pytestmark = pytest.mark.usefixtures("faults")


def test_the_next_calls_fail_and_then_no_more(
    sandbox: Client, images: dict[str, str], name: str
) -> None:
    deploy(sandbox, name, images["echo"])
    sandbox.arm(kind="error", method="GET", path=f"services/{name}$", code=503, times=2)

    for _ in range(2):
        with pytest.raises(SandboxRefused) as caught:
            sandbox.service(name)
        assert said(caught.value) == "503 UNAVAILABLE"
        assert caught.value.message == "The service is currently unavailable."

    assert sandbox.service(name)["name"].endswith(name)


def test_a_failing_call_has_no_effect(sandbox: Client, images: dict[str, str], name: str) -> None:
    deploy(sandbox, name, images["echo"])
    before = sandbox.state()
    sandbox.arm(kind="error", method="PATCH", code=429, message="Slow down")

    with pytest.raises(SandboxRefused) as caught:
        sandbox.patch_service(name, {"labels": {"a": "1"}}, mask="labels")

    assert said(caught.value) == "429 RESOURCE_EXHAUSTED"
    assert caught.value.message == "Slow down"
    assert sandbox.state() == before


def test_other_calls_do_not_meet_the_fault(
    sandbox: Client, images: dict[str, str], name: str
) -> None:
    sandbox.arm(kind="error", method="PATCH", path=f"services/{name}-other")

    deploy(sandbox, name, images["echo"])

    assert len(sandbox.status()["faults"]) == 1


def test_a_call_that_drops_before_has_no_effect(
    sandbox: Client, images: dict[str, str], name: str
) -> None:
    deploy(sandbox, name, images["echo"])
    before = sandbox.state()
    sandbox.arm(kind="drop-before", method="PATCH")

    with pytest.raises(SandboxIsDown):
        sandbox.patch_service(name, {"labels": {"a": "1"}}, mask="labels")

    assert sandbox.state() == before


def test_a_call_that_drops_after_has_its_effect(
    sandbox: Client, images: dict[str, str], name: str
) -> None:
    deploy(sandbox, name, images["echo"])
    sandbox.arm(kind="drop-after", method="PATCH")

    with pytest.raises(SandboxIsDown):
        sandbox.patch_service(name, {"labels": {"a": "1"}}, mask="labels")

    assert sandbox.service(name)["labels"] == {"a": "1"}
    last = [
        each for each in entries(sandbox.home.logs / "requests.jsonl") if each.method == "PATCH"
    ]
    assert (last[-1].status, last[-1].fault) == (None, "drop-after")


@pytest.mark.parametrize(("kind", "has_effect"), [("hang", False), ("hang-after", True)])
def test_a_call_that_hangs_is_not_answered(
    sandbox: Client, images: dict[str, str], name: str, kind: str, *, has_effect: bool
) -> None:
    deploy(sandbox, name, images["echo"])
    sandbox.arm(kind=kind, method="PATCH", seconds=0.3)
    started = time.monotonic()

    with pytest.raises(SandboxIsDown):
        sandbox.patch_service(name, {"labels": {"a": "1"}}, mask="labels")

    assert 0.3 <= time.monotonic() - started < 3
    assert ("labels" in sandbox.service(name)) is has_effect


def test_a_hanging_call_lets_go_when_its_client_goes(
    sandbox: Client, connection: HTTPConnection
) -> None:
    sandbox.arm(kind="hang", path="services$")
    connection.timeout = 0.2

    with pytest.raises(TimeoutError):
        _list_services(connection)

    connection.close()
    assert sandbox.status()["faults"] == []


def test_a_delayed_call_is_answered_late(
    sandbox: Client, images: dict[str, str], name: str
) -> None:
    deploy(sandbox, name, images["echo"])
    sandbox.arm(kind="delay", method="GET", seconds=0.3)
    started = time.monotonic()

    service = sandbox.service(name)

    assert time.monotonic() - started >= 0.3
    assert service["name"].endswith(name)


def test_a_traffic_update_can_fail_after_it_was_accepted(
    sandbox: Client, images: dict[str, str], name: str
) -> None:
    first, second = two_revisions(sandbox, name, images["echo"])
    sandbox.arm(kind="operation", operation="services.traffic", code=500, message="Lost the map")

    operation = shift(sandbox, name, to(first))

    assert operation["error"] == {"code": 13, "message": "Lost the map"}
    service = sandbox.service(name)
    assert service["traffic"] == [to(first)]
    assert service["trafficStatuses"] == [{"type": LATEST, "percent": 100}]
    assert service["terminalCondition"]["state"] == "CONDITION_FAILED"
    assert who(service["uri"]) == second


def test_an_operation_of_another_kind_does_not_meet_the_fault(
    sandbox: Client, images: dict[str, str], name: str
) -> None:
    first, _ = two_revisions(sandbox, name, images["echo"])
    sandbox.arm(kind="operation", operation=r"services\.delete")

    assert "error" not in shift(sandbox, name, to(first))


def test_a_crashed_revision_is_started_again_by_the_next_request(
    sandbox: Client, images: dict[str, str], name: str
) -> None:
    service = deploy(sandbox, name, images["echo"])
    revision = who(service["uri"])

    assert sandbox.crash(revision) == {"service": name, "was_running": True}

    assert who(service["uri"]) == revision


def test_faults_strike_in_the_order_in_which_they_were_armed(
    sandbox: Client, images: dict[str, str], name: str
) -> None:
    deploy(sandbox, name, images["echo"])
    for code in (503, 429):
        sandbox.arm(kind="error", path=f"services/{name}$", code=code)

    assert refusal(sandbox.service, name) == "503 UNAVAILABLE"
    assert refusal(sandbox.service, name) == "429 RESOURCE_EXHAUSTED"


def test_of_calls_at_the_same_moment_exactly_as_many_fail_as_were_armed(
    sandbox: Client, images: dict[str, str], name: str
) -> None:
    deploy(sandbox, name, images["echo"])
    sandbox.arm(kind="error", path=f"services/{name}$", times=5)

    with ThreadPoolExecutor(10) as threads:
        done = [threads.submit(sandbox.service, name) for _ in range(20)]
        failures = [each.exception() for each in done if each.exception()]

    assert len(failures) == 5


def test_a_cleared_fault_does_not_strike(
    sandbox: Client, images: dict[str, str], name: str
) -> None:
    deploy(sandbox, name, images["echo"])
    kept = sandbox.arm(kind="error", path="nothing-like-it")
    gone = sandbox.arm(kind="error", path=f"services/{name}$")

    assert sandbox.clear_faults(gone["id"]) == 1

    sandbox.service(name)
    assert [each["id"] for each in sandbox.status()["faults"]] == [kept["id"]]


@pytest.mark.parametrize(
    "wish",
    [{}, {"kind": "earthquake"}, {"kind": "error", "path": "("}, {"kind": "error", "times": "x"}],
)
def test_what_is_no_fault_is_refused(sandbox: Client, wish: dict[str, str]) -> None:
    assert refusal(sandbox.call, "POST", "/_sandbox/faults", wish) == "400 INVALID_ARGUMENT"


@pytest.fixture
def connection(sandbox: Client) -> Iterator[HTTPConnection]:
    """A connection that is held by the test."""
    held = HTTPConnection(urlsplit(sandbox.endpoint).netloc, timeout=10)
    yield held
    held.close()


def _list_services(connection: HTTPConnection) -> None:
    headers = {"Authorization": "Bearer any"}
    path = "/v2/projects/nhia-hrms/locations/us-central1/services"
    connection.request("GET", path, headers=headers)
    try:
        connection.getresponse().read()
    except RemoteDisconnected as error:
        raise TimeoutError from error
