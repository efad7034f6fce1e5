"""The check against Google's documents does find what is wrong."""

from __future__ import annotations

from typing import Any

import pytest

from hrmsops.sandbox.cloud_run.cloud import PARENT
from hrmsops.sandbox.request_log import Entry
from tests.sandbox.discovery import violations

SERVICE = f"/v2/{PARENT}/services/hrms"


def found(
    reply: dict[str, Any],
    *,
    path: str = SERVICE,
    status: int = 200,
    query: dict[str, str] | None = None,
) -> list[str]:
    """Where and how a reply to GET is wrong."""
    entry = Entry(
        time="",
        method="GET",
        host="",
        path=path,
        query=query or {},
        account="",
        body={},
        status=status,
        reply=reply,
        seconds=0,
    )
    return [f"{each.where} {each.what}" for each in violations([entry])]


def test_a_reply_that_google_could_give_passes() -> None:
    assert found({"name": "x", "generation": "1", "traffic": [{"percent": 100}]}) == []


@pytest.mark.parametrize(
    ("reply", "wrong"),
    [
        ({"secretOfOurs": 1}, "reply.secretOfOurs is no field of Google's"),
        ({"generation": 1}, "reply.generation is 1, not a string"),
        ({"generation": "one"}, "reply.generation is 'one', not a int64"),
        ({"createTime": "yesterday"}, "reply.createTime is 'yesterday', not a google-datetime"),
        ({"traffic": {}}, "reply.traffic is {}, not a list"),
        ({"traffic": [{"percent": "1"}]}, "reply.traffic[0].percent is '1', not integer"),
        ({"reconciling": 1}, "reply.reconciling is 1, not boolean"),
        ({"ingress": "OPEN"}, "reply.ingress is 'OPEN', not one of Google's names"),
        ({"template": []}, "reply.template is [], not an object"),
        ({"error": {"code": 404}}, "reply.error has fields ['code']"),
    ],
)
def test_a_reply_that_google_could_not_give_is_found(reply: dict[str, Any], wrong: str) -> None:
    if "error" in reply:
        reply = {"error": {"code": 404, "message": "no", "status": "not found"}}
        wrong = f"reply.error is not a google.rpc.Status over HTTP: {reply['error']}"

    assert found(reply, status=404 if "error" in reply else 200) == [wrong]


def test_enums_are_numbers_exactly_when_numbers_were_asked_for() -> None:
    numbers = {"$alt": "json;enum-encoding=int"}

    assert found({"ingress": 1}, query=numbers) == []
    assert found({"ingress": "INGRESS_TRAFFIC_ALL"}, query=numbers) == [
        "reply.ingress is 'INGRESS_TRAFFIC_ALL', not an enum's number"
    ]
    assert found({"ingress": 1}) == ["reply.ingress is 1, not a string"]


def test_what_an_operation_carries_is_looked_into() -> None:
    metadata = {"@type": "type.googleapis.com/google.cloud.run.v2.Service", "mine": 1}
    reply = {"name": "x", "done": False, "metadata": metadata}

    assert found(reply, path=f"/v2/{PARENT}/operations/x") == [
        "reply.metadata.mine is no field of Google's"
    ]


def test_a_method_or_parameter_that_google_does_not_have_is_found() -> None:
    assert found({}, path="/v2/invented") == [" Google describes no such method"]
    assert found({}, query={"invented": "1"}) == ["query.invented is no parameter of Google's"]


def test_cloud_sql_is_held_against_its_own_documents() -> None:
    paths = [f"{version}/projects/nhia-hrms/instances/x" for version in ("/v1", "/sql/v1beta4")]

    for path in paths:
        assert found({"name": "x", "settings": {"settingsVersion": "1"}}, path=path) == []
        assert found({"state": "WELL"}, path=path) == [
            "reply.state is 'WELL', not one of Google's names"
        ]
    assert found({}, path=f"{paths[0]}/invented") == [" Google describes no such method"]


def test_a_refusal_of_cloud_sql_has_a_reason() -> None:
    error = {"code": 404, "message": "no", "errors": [{"reason": "instanceDoesNotExist"}]}
    path = "/v1/projects/nhia-hrms/instances/x"

    assert found({"error": error}, path=path, status=404) == []
    assert found({"error": {**error, "errors": []}}, path=path, status=404) != []
    assert found({"error": {**error, "status": "NOT_FOUND"}}, path=path, status=404) != []


def test_cloud_storage_is_held_against_its_own_document() -> None:
    path = "/storage/v1/b/records/o/runs/a/0000"
    error = {"code": 412, "message": "no", "errors": [{"reason": "conditionNotMet"}]}

    assert found({"generation": "1", "metadata": {"a": "b"}}, path=path) == []
    assert found({"generation": 1}, path=path) == ["reply.generation is 1, not a string"]
    assert found({"ours": 1}, path="/download" + path) == ["reply.ours is no field of Google's"]
    assert found({}, path=path, query={"ifMatch": "1"}) == [
        "query.ifMatch is no parameter of Google's"
    ]
    assert found({"error": error}, path=path, status=412) == []
    assert found({"error": {**error, "errors": []}}, path=path, status=412) != []
