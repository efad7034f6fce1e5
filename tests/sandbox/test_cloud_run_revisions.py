"""Revisions: named, listed, idle, gone."""

from __future__ import annotations

import pytest

from hrmsops.errors.sandbox import SandboxRefused
from hrmsops.sandbox.client import Client
from hrmsops.sandbox.cloud_run.cloud import PARENT
from tests.fixtures.refusals import refusal, said
from tests.fixtures.sandboxes import IMAGES, REPOSITORY, deploy, template
from tests.sandbox.test_cloud_run_traffic import ready, shift, to, two_revisions, who


def test_revisions_are_listed_the_newest_first_in_pages(
    sandbox: Client, images: dict[str, str], name: str
) -> None:
    made = [ready(deploy(sandbox, name, images["echo"], GREETING=str(n))) for n in range(5)]
    listed, token, pages = [], "", 0

    while pages == 0 or token:
        path = f"/v2/{PARENT}/services/{name}/revisions?pageSize=2&pageToken={token}"
        page = sandbox.call("GET", path)
        listed += [each["name"].rpartition("/")[2] for each in page["revisions"]]
        token, pages = page.get("nextPageToken", ""), pages + 1

    assert listed == made[::-1]
    assert pages == 3


def test_a_chosen_name_is_kept(sandbox: Client, images: dict[str, str], name: str) -> None:
    body = {"template": {**template(images["echo"]), "revision": f"{name}-blue"}}

    service = sandbox.patch_service(name, body, mask="template", allowMissing="true")["response"]

    assert ready(service) == f"{name}-blue" == who(service["uri"])


def test_a_chosen_name_bears_its_services(
    sandbox: Client, images: dict[str, str], name: str
) -> None:
    body = {"template": {**template(images["echo"]), "revision": "blue"}}
    assert (
        refusal(sandbox.patch_service, name, body, mask="template", allowMissing="true")
        == "400 INVALID_ARGUMENT"
    )


def test_sending_back_a_stored_template_with_its_name_is_a_conflict(
    sandbox: Client, images: dict[str, str], name: str
) -> None:
    body = {"template": {**template(images["echo"]), "revision": f"{name}-blue"}}
    sandbox.patch_service(name, body, mask="template", allowMissing="true")

    with pytest.raises(SandboxRefused) as caught:
        sandbox.patch_service(name, sandbox.service(name))

    assert said(caught.value) == "409 ALREADY_EXISTS"
    assert caught.value.message == (
        f"Revision named '{name}-blue' with different configuration already exists."
    )
    traffic = sandbox.patch_service(name, {"traffic": [to(f"{name}-blue")]}, mask="traffic")
    assert "error" not in traffic


def test_a_tag_that_moves_to_another_image_does_not_change_a_revision(
    sandbox: Client, images: dict[str, str], name: str
) -> None:
    moving = f"{REPOSITORY}/moving:{name}"
    digest = sandbox.add_image(IMAGES / "echo", moving)
    first = ready(deploy(sandbox, name, moving))
    sandbox.add_image(IMAGES / "deaf", moving)

    revision = sandbox.call("GET", f"/v2/{PARENT}/services/{name}/revisions/{first}")

    assert revision["containers"][0]["image"] == moving
    assert revision["containerStatuses"] == [{"imageDigest": f"{REPOSITORY}/moving@{digest}"}]
    assert who(sandbox.service(name)["uri"]) == first


def test_a_revision_can_be_made_from_a_digest(
    sandbox: Client, images: dict[str, str], name: str
) -> None:
    deploy(sandbox, name, images["echo"])
    pinned = sandbox.revisions(name)[0]["containerStatuses"][0]["imageDigest"]

    service = deploy(sandbox, name, pinned)

    assert sandbox.revisions(name)[0]["containerStatuses"][0]["imageDigest"] == pinned
    assert who(service["uri"]) == ready(service)


def test_an_image_that_is_not_there_makes_a_revision_that_is_not_ready(
    sandbox: Client, name: str
) -> None:
    operation = sandbox.patch_service(
        name, {"template": template("no/such:image")}, allowMissing="true"
    )

    revision = sandbox.revisions(name)[0]
    short = revision["name"].rpartition("/")[2]
    assert operation["error"] == {
        "code": 5,
        "message": f"Revision '{short}' is not ready and cannot serve traffic."
        " Image 'no/such:image' not found.",
    }
    assert revision["conditions"][0]["state"] == "CONDITION_FAILED"
    assert revision["conditions"][0]["reason"] == "CONTAINER_MISSING"
    assert revision["reconciling"] is False


def test_a_cold_revision_whose_image_is_gone_cannot_serve_again(
    sandbox: Client, images: dict[str, str], name: str, own_image: str
) -> None:
    first = ready(deploy(sandbox, name, own_image))
    second = ready(deploy(sandbox, name, images["echo"], GREETING="two"))
    sandbox.remove_image(own_image)
    sandbox.crash(first)

    operation = shift(sandbox, name, to(first))

    assert "not found" in operation["error"]["message"]
    assert who(sandbox.service(name)["uri"]) == second
    conditions = sandbox.revisions(name)[1]["conditions"]
    assert conditions[0]["reason"] == "CONTAINER_MISSING"


def test_an_idle_revision_is_ready_and_retired(
    sandbox: Client, images: dict[str, str], name: str
) -> None:
    two_revisions(sandbox, name, images["echo"])

    serving, idle = (
        {each["type"]: each for each in r["conditions"]} for r in sandbox.revisions(name)
    )

    assert idle["Ready"]["state"] == "CONDITION_SUCCEEDED"
    assert idle["Ready"]["revisionReason"] == "RETIRED"
    assert (idle["Active"]["state"], idle["Active"]["severity"]) == ("CONDITION_FAILED", "INFO")
    assert serving["Active"]["state"] == "CONDITION_SUCCEEDED"
    assert "revisionReason" not in serving["Ready"]


def test_a_revision_that_only_a_tag_names_is_in_reserve(
    sandbox: Client, images: dict[str, str], name: str
) -> None:
    first, second = two_revisions(sandbox, name, images["echo"])

    shift(sandbox, name, to(second), to(first, 0, "last-good"))

    conditions = {each["type"]: each for each in sandbox.revisions(name)[1]["conditions"]}
    assert conditions["Ready"]["revisionReason"] == "RESERVE"


def test_a_revision_that_nothing_names_can_be_deleted(
    sandbox: Client, images: dict[str, str], name: str
) -> None:
    first, second = two_revisions(sandbox, name, images["echo"])

    operation = sandbox.call("DELETE", f"/v2/{PARENT}/services/{name}/revisions/{first}")
    ended = sandbox.finished(operation)

    assert ended["response"]["name"].endswith(first)
    assert [each["name"].rpartition("/")[2] for each in sandbox.revisions(name)] == [second]
    assert "does not exist or is deleted" in shift(sandbox, name, to(first))["error"]["message"]


@pytest.mark.parametrize("role", ["serving", "tagged", "latest"])
def test_a_revision_that_something_names_cannot_be_deleted(
    sandbox: Client, images: dict[str, str], name: str, role: str
) -> None:
    first, second = two_revisions(sandbox, name, images["echo"])
    shift(sandbox, name, to(first), *([to(second, 0, "next")] if role == "tagged" else ()))
    revision = first if role == "serving" else second

    assert (
        refusal(sandbox.call, "DELETE", f"/v2/{PARENT}/services/{name}/revisions/{revision}")
        == "400 FAILED_PRECONDITION"
    )

    assert len(sandbox.revisions(name)) == 2


def test_a_revision_of_another_service_is_not_found(
    sandbox: Client, images: dict[str, str], name: str
) -> None:
    revision = ready(deploy(sandbox, name, images["echo"]))

    with pytest.raises(SandboxRefused, match="not found"):
        sandbox.call("GET", f"/v2/{PARENT}/services/other/revisions/{revision}")


@pytest.fixture
def own_image(sandbox: Client, name: str) -> str:
    """An image with files of its own, so that taking it away hurts nobody else."""
    reference = f"{REPOSITORY}/own:{name}"
    folder = sandbox.home.root.parent / f"own-{name}"
    folder.mkdir()
    for file in (IMAGES / "echo").iterdir():
        (folder / file.name).write_bytes(file.read_bytes())
    (folder / "unique").write_text(name)
    sandbox.add_image(folder, reference)
    return reference


@pytest.mark.slow
def test_a_service_keeps_a_thousand_revisions_and_those_that_serve(
    sandbox: Client, images: dict[str, str], name: str
) -> None:
    serving = ready(deploy(sandbox, name, images["echo"]))
    path = f"/v2/{PARENT}/services/{name}?updateMask=template"
    for number in range(1001):
        body = {"template": template("no/such:image", NUMBER=str(number))}
        operation = sandbox.call("PATCH", path, body)
    sandbox.finished(operation)

    kept = [each["name"].rpartition("/")[2] for each in sandbox.revisions(name)]

    assert len(kept) == 1000
    assert kept[-1] == serving
    assert kept[0].startswith(f"{name}-01002-")
    assert kept[-2].startswith(f"{name}-00004-")


def test_an_image_that_comes_back_can_serve_again(
    sandbox: Client, images: dict[str, str], name: str, own_image: str
) -> None:
    first = ready(deploy(sandbox, name, own_image))
    deploy(sandbox, name, images["echo"], GREETING="two")
    sandbox.remove_image(own_image)
    sandbox.crash(first)
    assert "error" in shift(sandbox, name, to(first))
    sandbox.add_image(sandbox.home.root.parent / f"own-{name}", own_image)

    service = shift(sandbox, name, to(first))["response"]

    assert who(service["uri"]) == first


def test_a_revision_that_runs_goes_on_when_its_image_is_gone(
    sandbox: Client, name: str, own_image: str
) -> None:
    revision = ready(deploy(sandbox, name, own_image))
    sandbox.remove_image(own_image)

    service = shift(sandbox, name, to(revision))["response"]

    assert who(service["uri"]) == revision
