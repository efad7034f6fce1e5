"""The Knative v1 API: the same state in other words."""

from __future__ import annotations

from typing import Any

import pytest

from hrmsops.errors.sandbox import SandboxRefused
from hrmsops.sandbox.client import Client
from tests.fixtures.refusals import refusal, said
from tests.fixtures.sandboxes import deploy
from tests.sandbox.test_cloud_run_services import LATEST
from tests.sandbox.test_cloud_run_traffic import to, two_revisions, who

SPACE = "/apis/serving.knative.dev/v1/namespaces/nhia-hrms"


def read(sandbox: Client, name: str) -> dict[str, Any]:
    """The service in Knative's shape."""
    return sandbox.call("GET", f"{SPACE}/services/{name}")


def settled(sandbox: Client, name: str) -> dict[str, Any]:
    """The service once the operation that its annotation names has ended."""
    operation = read(sandbox, name)["metadata"]["annotations"].get(
        "run.googleapis.com/operation-id"
    )
    assert operation is None
    return read(sandbox, name)


def test_both_apis_tell_of_one_service(sandbox: Client, images: dict[str, str], name: str) -> None:
    made = deploy(sandbox, name, images["echo"], GREETING="hello")
    revision = made["latestReadyRevision"].rpartition("/")[2]

    told = read(sandbox, name)

    assert told["metadata"]["uid"] == made["uid"]
    assert told["metadata"]["annotations"]["serving.knative.dev/creator"] == made["creator"]
    assert told["metadata"]["generation"] == told["status"]["observedGeneration"] == 1
    assert told["spec"]["traffic"] == [{"latestRevision": True, "percent": 100}]
    assert told["status"]["traffic"] == [
        {"latestRevision": True, "percent": 100, "revisionName": revision}
    ]
    container = told["spec"]["template"]["spec"]["containers"][0]
    assert container["image"] == images["echo"]
    assert container["env"] == [{"name": "GREETING", "value": "hello"}]
    assert told["status"]["url"] == made["uri"]
    assert {each["type"]: each["status"] for each in told["status"]["conditions"]} == {
        "Ready": "True",
        "RoutesReady": "True",
        "ConfigurationsReady": "True",
    }


def test_replacing_the_traffic_moves_it_and_makes_no_revision(
    sandbox: Client, images: dict[str, str], name: str
) -> None:
    first, _ = two_revisions(sandbox, name, images["echo"])
    document = read(sandbox, name)
    document["spec"]["traffic"] = [{"revisionName": first, "percent": 100}]

    reply = sandbox.call("PUT", f"{SPACE}/services/{name}", document)
    operation = reply["metadata"]["annotations"]["run.googleapis.com/operation-id"]
    path = f"/v1/projects/nhia-hrms/locations/us-central1/operations/{operation}:wait"
    ended = sandbox.call("POST", path, {"timeout": "10s"})

    assert ended["response"]["status"]["traffic"] == [{"revisionName": first, "percent": 100}]
    service = sandbox.service(name)
    assert service["trafficStatuses"] == [to(first)]
    assert len(sandbox.revisions(name)) == 2
    assert who(service["uri"]) == first


def test_replacing_with_a_stale_version_is_a_conflict(
    sandbox: Client, images: dict[str, str], name: str
) -> None:
    deploy(sandbox, name, images["echo"])
    stale = read(sandbox, name)
    sandbox.patch_service(name, {"labels": {"a": "1"}}, mask="labels")

    with pytest.raises(SandboxRefused) as caught:
        sandbox.call("PUT", f"{SPACE}/services/{name}", stale)

    assert said(caught.value) == "409 ABORTED"

    version = stale["metadata"]["resourceVersion"]
    assert f"version '{version}' was specified but current version is" in caught.value.message


def test_replacing_without_a_version_overwrites(
    sandbox: Client, images: dict[str, str], name: str
) -> None:
    deploy(sandbox, name, images["echo"])
    document = read(sandbox, name)
    del document["metadata"]["resourceVersion"]
    sandbox.patch_service(name, {"labels": {"a": "1"}}, mask="labels")

    sandbox.call("PUT", f"{SPACE}/services/{name}", document)

    assert sandbox.service(name).get("labels", {}) == {}


def test_replacing_the_template_makes_a_revision(
    sandbox: Client, images: dict[str, str], name: str
) -> None:
    deploy(sandbox, name, images["echo"], GREETING="one")
    document = read(sandbox, name)
    container = document["spec"]["template"]["spec"]["containers"][0]
    container["env"] = [{"name": "GREETING", "value": "two"}]

    sandbox.call("PUT", f"{SPACE}/services/{name}", document)

    revisions = sandbox.revisions(name)
    assert len(revisions) == 2
    assert revisions[0]["containers"][0]["env"] == [{"name": "GREETING", "value": "two"}]
    assert revisions[0]["containers"][0]["image"] == images["echo"]


def test_a_dry_run_keeps_nothing(sandbox: Client, images: dict[str, str], name: str) -> None:
    first, _ = two_revisions(sandbox, name, images["echo"])
    document = read(sandbox, name)
    document["spec"]["traffic"] = [{"revisionName": first, "percent": 100}]
    before = sandbox.state()

    sandbox.call("PUT", f"{SPACE}/services/{name}?dryRun=all", document)

    assert sandbox.state() == before


def test_revisions_are_selected_by_their_service(
    sandbox: Client, images: dict[str, str], name: str
) -> None:
    first, second = two_revisions(sandbox, name, images["echo"])
    deploy(sandbox, f"{name}-other", images["echo"])

    selector = f"serving.knative.dev%2Fservice%20%3D%20{name}"
    listed = sandbox.call("GET", f"{SPACE}/revisions?labelSelector={selector}")

    assert [each["metadata"]["name"] for each in listed["items"]] == [second, first]
    assert listed["metadata"] == {}
    active = [
        next(each for each in item["status"]["conditions"] if each["type"] == "Active")
        for item in listed["items"]
    ]
    assert [each["status"] for each in active] == ["True", "False"]
    assert active[1]["reason"] == "Retired"


def test_revisions_are_listed_in_pages(sandbox: Client, images: dict[str, str], name: str) -> None:
    first, second = two_revisions(sandbox, name, images["echo"])
    path = f"{SPACE}/revisions?labelSelector=serving.knative.dev/service={name}&limit=1"

    newest = sandbox.call("GET", path)
    oldest = sandbox.call("GET", f"{path}&continue={newest['metadata']['continue']}")

    names = [page["items"][0]["metadata"]["name"] for page in (newest, oldest)]
    assert names == [second, first]
    assert "continue" not in oldest["metadata"]


def test_a_revision_is_read_by_its_name(sandbox: Client, images: dict[str, str], name: str) -> None:
    first, _ = two_revisions(sandbox, name, images["echo"])

    told = sandbox.call("GET", f"{SPACE}/revisions/{first}")

    assert told["metadata"]["labels"]["serving.knative.dev/service"] == name
    assert told["status"]["imageDigest"].partition("@")[2].startswith("sha256:")
    assert told["spec"]["containers"][0]["image"] == images["echo"]


def test_a_failed_update_tells_it_in_the_ready_condition(
    sandbox: Client, images: dict[str, str], name: str
) -> None:
    deploy(sandbox, name, images["echo"])
    sandbox.patch_service(name, {"traffic": [to(f"{name}-00009-xyz")]}, mask="traffic")

    told = settled(sandbox, name)

    ready = told["status"]["conditions"][0]
    assert (ready["type"], ready["status"], ready["reason"]) == ("Ready", "False", "RevisionFailed")
    assert told["status"]["observedGeneration"] == told["metadata"]["generation"]
    assert told["spec"]["traffic"] == [{"revisionName": f"{name}-00009-xyz", "percent": 100}]
    assert told["status"]["traffic"][0]["latestRevision"] is True


@pytest.mark.parametrize("kind", ["services", "revisions"])
def test_what_is_not_there_is_404(sandbox: Client, kind: str) -> None:
    assert refusal(sandbox.call, "GET", f"{SPACE}/{kind}/no-such-one") == "404 NOT_FOUND"


def test_another_namespace_is_forbidden(sandbox: Client) -> None:
    assert (
        refusal(sandbox.call, "GET", "/apis/serving.knative.dev/v1/namespaces/other/services")
        == "403 PERMISSION_DENIED"
    )


def test_traffic_that_was_emptied_over_one_api_is_all_to_the_latest_over_the_other(
    sandbox: Client, images: dict[str, str], name: str
) -> None:
    deploy(sandbox, name, images["echo"])
    document = read(sandbox, name)
    document["spec"]["traffic"] = []

    sandbox.call("PUT", f"{SPACE}/services/{name}", document)

    sandbox.patch_service(name, {}, mask="description")
    assert sandbox.service(name)["trafficStatuses"] == [{"type": LATEST, "percent": 100}]
