"""The wire: who is let in, and how calls arrive."""

from __future__ import annotations

import json
from collections.abc import Iterator
from http.client import HTTPConnection
from typing import Any
from urllib.parse import urlsplit

import pytest

from hrmsops.sandbox.client import Client

PATH = "/v2/projects/nhia-hrms/locations/us-central1/services"
TOKEN = {"Authorization": "Bearer any"}


@pytest.fixture
def connection(sandbox: Client) -> Iterator[HTTPConnection]:
    """A plain connection to the sandbox."""
    held = HTTPConnection(urlsplit(sandbox.endpoint).netloc, timeout=10)
    yield held
    held.close()


def answer(
    connection: HTTPConnection,
    path: str = PATH,
    *,
    method: str = "GET",
    body: str = "",
    **headers: str,
) -> tuple[int, Any]:
    """One call with exactly these headers."""
    named = {key.replace("_", "-"): value for key, value in headers.items()}
    connection.request(method, path, body=body or None, headers=named)
    reply = connection.getresponse()
    return reply.status, json.loads(reply.read())


def test_any_bearer_token_is_taken(connection: HTTPConnection) -> None:
    code, _ = answer(connection, **TOKEN)

    assert code == 200


def test_a_call_without_a_token_is_unauthenticated(connection: HTTPConnection) -> None:
    code, reply = answer(connection)

    assert (code, reply["error"]["status"]) == (401, "UNAUTHENTICATED")


def test_a_page_in_a_browser_may_not_call(connection: HTTPConnection) -> None:
    code, _ = answer(connection, **TOKEN, Origin="http://127.0.0.1")

    assert code == 403


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1.evil.example", "sandbox.test"])
def test_a_name_that_was_made_to_point_here_is_refused(
    connection: HTTPConnection, host: str
) -> None:
    code, _ = answer(connection, **TOKEN, Host=host)

    assert code == 403


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1:1234", "run.sandbox.test", "[::1]:80"])
def test_the_sandboxs_own_names_are_answered(connection: HTTPConnection, host: str) -> None:
    code, _ = answer(connection, **TOKEN, Host=host)

    assert code == 200


def test_it_is_a_proxy_for_its_own_names_alone(connection: HTTPConnection) -> None:
    ours = f"http://us-central1-run.sandbox.test{PATH}"

    assert answer(connection, ours, **TOKEN)[0] == 200
    assert answer(connection, f"http://example.com{PATH}", **TOKEN)[0] == 403


@pytest.mark.parametrize("token", ["any", ""])
def test_the_sandboxs_own_controls_need_its_own_token(
    connection: HTTPConnection, token: str
) -> None:
    code, _ = answer(connection, "/_sandbox/state", Authorization=f"Bearer {token}")

    assert code == 401


def test_what_is_not_json_is_refused_and_the_connection_goes_on(
    connection: HTTPConnection,
) -> None:
    code, reply = answer(connection, f"{PATH}?serviceId=x", method="POST", body="{", **TOKEN)

    assert (code, reply["error"]["status"]) == (400, "INVALID_ARGUMENT")
    assert answer(connection, **TOKEN)[0] == 200


def test_enums_are_answered_as_numbers_when_asked_for(
    connection: HTTPConnection, sandbox: Client, images: dict[str, str], name: str
) -> None:
    from tests.fixtures.sandboxes import deploy

    deploy(sandbox, name, images["echo"])

    _, reply = answer(connection, f"{PATH}/{name}?$alt=json%3Benum-encoding%3Dint", **TOKEN)

    assert reply["terminalCondition"]["state"] == 4
    assert reply["trafficStatuses"][0]["type"] == 1


def test_who_calls_can_be_said_by_a_header(
    connection: HTTPConnection, sandbox: Client, images: dict[str, str], name: str
) -> None:
    from tests.fixtures.sandboxes import template

    body = json.dumps({"template": template(images["echo"])})
    headers = {**TOKEN, "X_Sandbox_Account": "ci@nhia.example"}
    answer(connection, f"{PATH}?serviceId={name}", method="POST", body=body, **headers)

    assert sandbox.service(name)["creator"] == "ci@nhia.example"


def test_an_unknown_path_is_googles_404(connection: HTTPConnection) -> None:
    code, reply = answer(connection, "/v2/nothing", **TOKEN)

    assert code == 404
    assert (
        reply["error"]["message"] == "The requested URL /v2/nothing was not found on this server."
    )
