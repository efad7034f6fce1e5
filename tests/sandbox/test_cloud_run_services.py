"""Cloud Run's services over the v2 API: made, changed, refused, deleted."""

from __future__ import annotations

import json
import re
from typing import Any
from urllib.request import urlopen

import pytest

from hrmsops.errors.sandbox import SandboxRefused
from hrmsops.sandbox.client import Client
from hrmsops.sandbox.cloud_run.cloud import PARENT
from tests.fixtures.refusals import refusal, said
from tests.fixtures.sandboxes import deploy, template

LATEST = "TRAFFIC_TARGET_ALLOCATION_TYPE_LATEST"


def test_a_new_service_is_reconciled_and_answers_at_its_url(
    sandbox: Client, images: dict[str, str], name: str
) -> None:
    service = deploy(sandbox, name, images["echo"], GREETING="good morning")

    with urlopen(service["uri"], timeout=5) as reply:
        told = json.load(reply)
    revision = service["latestReadyRevision"].rpartition("/")[2]
    assert re.fullmatch(rf"{name}-00001-[a-z][a-z0-9]{{2}}", revision)
    assert (told["service"], told["configuration"]) == (name, name)
    assert told["revision"] == revision
    assert told["greeting"] == "good morning"
    assert re.fullmatch(rf"{name}-[a-z0-9]{{10}}-uc\.a\.run\.app", told["host"])


def test_a_reconciled_service_says_so_in_every_field(
    sandbox: Client, images: dict[str, str], name: str
) -> None:
    service = deploy(sandbox, name, images["echo"])

    assert service == {**sandbox.service(name), "@type": service["@type"]}
    assert service["reconciling"] is False
    assert service["generation"] == service["observedGeneration"] == "1"
    assert service["terminalCondition"]["state"] == "CONDITION_SUCCEEDED"
    assert {each["state"] for each in service["conditions"]} == {"CONDITION_SUCCEEDED"}
    assert service["trafficStatuses"] == [{"type": LATEST, "percent": 100}]
    assert service["latestCreatedRevision"] == service["latestReadyRevision"]
    assert service["creator"] == service["lastModifier"] == "oncall@nhia.example"


def test_a_change_tells_who_made_it_and_changes_the_etag(
    sandbox: Client, images: dict[str, str], name: str
) -> None:
    before = deploy(sandbox, name, images["echo"])
    other = Client.of(sandbox.home, account="ci@nhia.example")

    after = other.patch_service(name, {"labels": {"team": "pay"}}, mask="labels")["response"]

    assert after["creator"] == "oncall@nhia.example"
    assert after["lastModifier"] == "ci@nhia.example"
    assert after["labels"] == {"team": "pay"}
    assert after["etag"] != before["etag"]
    assert after["latestCreatedRevision"] == before["latestCreatedRevision"]


def test_a_stale_etag_is_a_conflict_and_changes_nothing(
    sandbox: Client, images: dict[str, str], name: str
) -> None:
    stale = deploy(sandbox, name, images["echo"])["etag"]
    sandbox.patch_service(name, {"labels": {"a": "1"}}, mask="labels")
    before = sandbox.service(name)

    with pytest.raises(SandboxRefused) as caught:
        sandbox.patch_service(name, {"labels": {}, "etag": stale}, mask="labels")

    assert said(caught.value) == "409 ABORTED"
    assert re.fullmatch(
        rf"Conflict for resource '{name}': version '\d+' was specified"
        r" but current version is '\d+'\.",
        caught.value.message,
    )
    assert sandbox.service(name) == before


def test_the_newest_etag_is_accepted(sandbox: Client, images: dict[str, str], name: str) -> None:
    newest = deploy(sandbox, name, images["echo"])["etag"]

    operation = sandbox.patch_service(name, {"labels": {"a": "1"}, "etag": newest}, mask="labels")

    assert operation["response"]["labels"] == {"a": "1"}


def test_validate_only_answers_what_would_be_and_keeps_nothing(
    sandbox: Client, images: dict[str, str], name: str
) -> None:
    deploy(sandbox, name, images["echo"])
    before = sandbox.state()

    operation = sandbox.patch_service(
        name, {"labels": {"a": "1"}}, mask="labels", validateOnly="true"
    )

    assert operation["done"]
    assert operation["response"]["labels"] == {"a": "1"}
    assert sandbox.state() == before


def test_validate_only_refuses_what_would_be_refused(
    sandbox: Client, images: dict[str, str], name: str
) -> None:
    deploy(sandbox, name, images["echo"])

    traffic = [{"type": LATEST, "percent": 99}]
    assert (
        refusal(
            sandbox.patch_service, name, {"traffic": traffic}, mask="traffic", validateOnly="true"
        )
        == "400 INVALID_ARGUMENT"
    )


def test_a_missing_service_is_404_unless_it_may_be_made(
    sandbox: Client, images: dict[str, str], name: str
) -> None:
    assert refusal(sandbox.service, name) == "404 NOT_FOUND"
    assert (
        refusal(sandbox.patch_service, name, {"template": template(images["echo"])})
        == "404 NOT_FOUND"
    )

    deploy(sandbox, name, images["echo"])

    assert sandbox.service(name)["generation"] == "1"


def test_a_service_is_not_made_twice(sandbox: Client, images: dict[str, str], name: str) -> None:
    deploy(sandbox, name, images["echo"])

    body = {"template": template(images["echo"])}
    assert (
        refusal(sandbox.call, "POST", f"/v2/{PARENT}/services?serviceId={name}", body)
        == "409 ALREADY_EXISTS"
    )


def test_only_what_the_mask_names_is_changed(
    sandbox: Client, images: dict[str, str], name: str
) -> None:
    deploy(sandbox, name, images["echo"])
    body = {"labels": {"a": "1"}, "description": "not meant", "traffic": [{"percent": 3}]}

    service = sandbox.patch_service(name, body, mask="labels")["response"]

    assert service["labels"] == {"a": "1"}
    assert "description" not in service
    assert service["traffic"] == []


def test_a_field_that_the_mask_names_and_the_body_lacks_is_cleared(
    sandbox: Client, images: dict[str, str], name: str
) -> None:
    deploy(sandbox, name, images["echo"])
    sandbox.patch_service(name, {"labels": {"a": "1"}}, mask="labels")

    service = sandbox.patch_service(name, {}, mask="labels")["response"]

    assert "labels" not in service


def test_a_mask_reaches_into_the_template(
    sandbox: Client, images: dict[str, str], name: str
) -> None:
    before = deploy(sandbox, name, images["echo"], GREETING="kept")

    body = {"template": {"maxInstanceRequestConcurrency": 7}}
    mask = "template.max_instance_request_concurrency"
    after = sandbox.patch_service(name, body, mask=mask)["response"]

    assert after["template"]["maxInstanceRequestConcurrency"] == 7
    assert after["template"]["containers"] == before["template"]["containers"]
    assert after["latestReadyRevision"] != before["latestReadyRevision"]


def test_a_template_that_stays_the_same_makes_no_revision(
    sandbox: Client, images: dict[str, str], name: str
) -> None:
    before = deploy(sandbox, name, images["echo"], GREETING="same")

    after = deploy(sandbox, name, images["echo"], GREETING="same")

    assert after["latestCreatedRevision"] == before["latestCreatedRevision"]
    assert after["generation"] == "2"


def test_a_deleted_service_takes_its_url_and_revisions_with_it(
    sandbox: Client, images: dict[str, str], name: str
) -> None:
    uri = deploy(sandbox, name, images["echo"])["uri"]

    operation = sandbox.call("DELETE", f"/v2/{PARENT}/services/{name}")
    ended = sandbox.finished(operation)

    assert ended["response"]["deleteTime"]
    assert refusal(sandbox.service, name) == "404 NOT_FOUND"
    with pytest.raises(OSError, match="refused"):
        urlopen(uri, timeout=5)
    kept = [each for each in sandbox.state()["revisions"] if f"/{name}/" in each["name"]]
    assert kept == []


def test_services_are_listed_the_newest_first_in_pages(
    sandbox: Client, images: dict[str, str], name: str
) -> None:
    for number in (1, 2, 3):
        deploy(sandbox, f"{name}-{number}", images["echo"])

    first = sandbox.call("GET", f"/v2/{PARENT}/services?pageSize=2")
    token = first["nextPageToken"]
    second = sandbox.call("GET", f"/v2/{PARENT}/services?pageSize=2&pageToken={token}")

    names = [each["name"].rpartition("/")[2] for each in first["services"] + second["services"]]
    assert names[:3] == [f"{name}-3", f"{name}-2", f"{name}-1"]


@pytest.mark.parametrize("wrong", ["Upper", "1st", "under_score", "x" * 50, "ends-", ""])
def test_a_name_that_cloud_run_would_not_take_is_refused(
    sandbox: Client, images: dict[str, str], wrong: str
) -> None:
    body = {"template": template(images["echo"])}
    assert (
        refusal(sandbox.call, "POST", f"/v2/{PARENT}/services?serviceId={wrong}", body)
        == "400 INVALID_ARGUMENT"
    )


@pytest.mark.parametrize(
    "place", ["projects/other/locations/us-central1", "projects/nhia-hrms/locations/mars"]
)
def test_another_project_or_region_is_forbidden(sandbox: Client, place: str) -> None:
    assert refusal(sandbox.call, "GET", f"/v2/{place}/services") == "403 PERMISSION_DENIED"


def test_a_service_without_an_image_is_refused(sandbox: Client, name: str) -> None:
    body: dict[str, Any] = {"template": {"containers": [{}]}}
    assert (
        refusal(sandbox.call, "POST", f"/v2/{PARENT}/services?serviceId={name}", body)
        == "400 INVALID_ARGUMENT"
    )


def test_closing_the_ingress_closes_the_url(
    sandbox: Client, images: dict[str, str], name: str
) -> None:
    uri = deploy(sandbox, name, images["echo"])["uri"]

    sandbox.patch_service(name, {"ingress": "INGRESS_TRAFFIC_INTERNAL_ONLY"}, mask="ingress")

    with pytest.raises(OSError, match="404"):
        urlopen(uri, timeout=5)
