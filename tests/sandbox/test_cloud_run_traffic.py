"""Traffic: asked for, made true, refused, left as it was."""

from __future__ import annotations

import json
from collections import Counter
from typing import Any
from urllib.request import urlopen

import pytest

from hrmsops.sandbox.client import Client
from tests.fixtures.refusals import refusal
from tests.fixtures.sandboxes import deploy, template
from tests.sandbox.test_cloud_run_services import LATEST

REVISION = "TRAFFIC_TARGET_ALLOCATION_TYPE_REVISION"


def ready(service: dict[str, Any]) -> str:
    """The short name of the newest revision that came up."""
    return str(service["latestReadyRevision"]).rpartition("/")[2]


def to(revision: str, percent: int = 100, tag: str = "") -> dict[str, Any]:
    """A traffic target."""
    target: dict[str, Any] = {"type": REVISION, "revision": revision}
    return {**target, **({"percent": percent} if percent else {}), **({"tag": tag} if tag else {})}


def who(uri: str) -> str:
    """The revision that answers there."""
    with urlopen(uri, timeout=5) as reply:
        return str(json.load(reply)["revision"])


def shift(sandbox: Client, name: str, *traffic: dict[str, Any]) -> dict[str, Any]:
    """Ask for that traffic; the ended operation."""
    return sandbox.patch_service(name, {"traffic": list(traffic)}, mask="traffic")


def two_revisions(sandbox: Client, name: str, image: str) -> tuple[str, str]:
    """A service with two revisions, the second of which serves."""
    first = ready(deploy(sandbox, name, image, GREETING="one"))
    return first, ready(deploy(sandbox, name, image, GREETING="two"))


def test_traffic_goes_where_it_was_sent_and_the_statuses_say_so(
    sandbox: Client, images: dict[str, str], name: str
) -> None:
    first, second = two_revisions(sandbox, name, images["echo"])
    uri = sandbox.service(name)["uri"]
    assert who(uri) == second

    service = shift(sandbox, name, to(first))["response"]

    assert service["trafficStatuses"] == service["traffic"] == [to(first)]
    assert service["uri"] == uri
    assert who(uri) == first


def test_pinned_traffic_stays_pinned_on_a_deploy(
    sandbox: Client, images: dict[str, str], name: str
) -> None:
    first, _ = two_revisions(sandbox, name, images["echo"])
    shift(sandbox, name, to(first))

    service = deploy(sandbox, name, images["echo"], GREETING="three")

    assert ready(service).startswith(f"{name}-00003-")
    assert service["trafficStatuses"] == [to(first)]
    assert who(service["uri"]) == first


def test_no_traffic_means_all_to_the_latest(
    sandbox: Client, images: dict[str, str], name: str
) -> None:
    first, second = two_revisions(sandbox, name, images["echo"])
    shift(sandbox, name, to(first))

    service = shift(sandbox, name)["response"]

    assert service["traffic"] == []
    assert service["trafficStatuses"] == [{"type": LATEST, "percent": 100}]
    assert who(service["uri"]) == second


def test_a_split_is_kept_to(sandbox: Client, images: dict[str, str], name: str) -> None:
    first, second = two_revisions(sandbox, name, images["echo"])

    service = shift(sandbox, name, to(first, 25), to(second, 75))["response"]

    answered = Counter(who(service["uri"]) for _ in range(100))
    assert 10 <= answered[first] <= 40
    assert answered[first] + answered[second] == 100


def test_a_tag_has_a_url_of_its_own_while_it_is_there(
    sandbox: Client, images: dict[str, str], name: str
) -> None:
    first, second = two_revisions(sandbox, name, images["echo"])

    service = shift(sandbox, name, to(second), to(first, 0, "last-good"))["response"]

    tagged = service["trafficStatuses"][1]
    assert tagged == {**to(first, 0, "last-good"), "uri": tagged["uri"]}
    assert who(tagged["uri"]) == first
    assert who(service["uri"]) == second
    shift(sandbox, name, to(second))
    with pytest.raises(OSError, match="refused"):
        who(tagged["uri"])


def test_enums_are_taken_as_numbers(sandbox: Client, images: dict[str, str], name: str) -> None:
    first, _ = two_revisions(sandbox, name, images["echo"])

    service = shift(sandbox, name, {"type": 2, "revision": first, "percent": 100})["response"]

    assert service["traffic"] == [to(first)]


@pytest.mark.parametrize(
    "traffic",
    [
        pytest.param([{"type": LATEST, "percent": 99}], id="too little"),
        pytest.param([{"type": LATEST, "percent": 100}, {"type": LATEST, "percent": 1}], id="much"),
        pytest.param(
            [{"type": LATEST, "percent": 110}, {"type": LATEST, "percent": -10}], id="odd"
        ),
        pytest.param(
            [{"type": LATEST, "percent": 100, "tag": "a"}, {"type": LATEST, "tag": "a"}], id="twice"
        ),
        pytest.param([{"type": LATEST, "percent": 100, "tag": "Not A Tag"}], id="tag"),
        pytest.param([{"type": REVISION, "percent": 100}], id="nameless"),
        pytest.param([{"type": "NONSENSE", "percent": 100}], id="type"),
    ],
)
def test_traffic_that_makes_no_sense_is_refused_at_once(
    sandbox: Client, images: dict[str, str], name: str, traffic: list[dict[str, Any]]
) -> None:
    before = deploy(sandbox, name, images["echo"])

    assert refusal(shift, sandbox, name, *traffic) == "400 INVALID_ARGUMENT"

    assert sandbox.service(name)["etag"] == before["etag"]


def test_traffic_to_a_revision_that_is_not_there_is_accepted_and_fails(
    sandbox: Client, images: dict[str, str], name: str
) -> None:
    """As on the real one: what is asked for and what is true are then different."""
    _, second = two_revisions(sandbox, name, images["echo"])

    operation = shift(sandbox, name, to(f"{name}-00009-xyz"))

    assert operation["error"] == {
        "code": 13,
        "message": f"Revision '{name}-00009-xyz' does not exist or is deleted."
        " Update all traffic to route to currently available revisions.",
    }
    service = sandbox.service(name)
    assert service["traffic"] == [to(f"{name}-00009-xyz")]
    assert service["trafficStatuses"] == [{"type": LATEST, "percent": 100}]
    assert service["terminalCondition"]["state"] == "CONDITION_FAILED"
    assert (service["generation"], service["observedGeneration"]) == ("3", "2")
    assert who(service["uri"]) == second


def test_asking_for_what_is_true_mends_a_failed_update(
    sandbox: Client, images: dict[str, str], name: str
) -> None:
    first, _ = two_revisions(sandbox, name, images["echo"])
    shift(sandbox, name, to(first))
    shift(sandbox, name, to(f"{name}-00009-xyz"))
    true = sandbox.service(name)["trafficStatuses"]

    service = shift(sandbox, name, *true)["response"]

    assert service["terminalCondition"]["state"] == "CONDITION_SUCCEEDED"
    assert service["traffic"] == service["trafficStatuses"] == [to(first)]
    assert service["generation"] == service["observedGeneration"]


def test_a_revision_that_does_not_come_up_gets_no_traffic(
    sandbox: Client, images: dict[str, str], name: str
) -> None:
    first = ready(deploy(sandbox, name, images["echo"]))
    deaf = template(images["deaf"])
    deaf["containers"][0]["startupProbe"] = {
        "tcpSocket": {"port": 8080},
        "periodSeconds": 1,
        "failureThreshold": 1,
    }

    operation = sandbox.patch_service(name, {"template": deaf}, mask="template")

    assert operation["error"]["code"] == 9
    service = sandbox.service(name)
    failed = service["latestCreatedRevision"].rpartition("/")[2]
    assert operation["error"]["message"].startswith(
        f"Revision '{failed}' is not ready and cannot serve traffic. The user-provided container"
    )
    assert ready(service) == first == who(service["uri"])
    assert service["terminalCondition"]["state"] == "CONDITION_FAILED"
    assert service["terminalCondition"]["revisionReason"] == "HEALTH_CHECK_CONTAINER_ERROR"
    told = sandbox.revisions(name)[0]["conditions"][0]
    assert (told["type"], told["state"]) == ("Ready", "CONDITION_FAILED")
    assert told["revisionReason"] == "HEALTH_CHECK_CONTAINER_ERROR"


def test_traffic_can_be_pinned_to_a_good_revision_after_a_bad_deploy(
    sandbox: Client, images: dict[str, str], name: str
) -> None:
    first = ready(deploy(sandbox, name, images["echo"]))
    sandbox.patch_service(name, {"template": template("no/such:image")}, mask="template")

    service = shift(sandbox, name, to(first))["response"]

    assert service["terminalCondition"]["state"] == "CONDITION_SUCCEEDED"


def test_traffic_to_an_unready_revision_fails_and_moves_nothing(
    sandbox: Client, images: dict[str, str], name: str
) -> None:
    first = ready(deploy(sandbox, name, images["echo"]))
    sandbox.patch_service(name, {"template": template("no/such:image")}, mask="template")
    bad = sandbox.service(name)["latestCreatedRevision"].rpartition("/")[2]

    operation = shift(sandbox, name, to(bad))

    assert operation["error"]["message"] == (
        f"Revision '{bad}' is not ready and cannot serve traffic. Image 'no/such:image' not found."
    )
    assert who(sandbox.service(name)["uri"]) == first
