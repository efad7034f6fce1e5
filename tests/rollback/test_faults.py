"""What FACTS lists as a fault, and the right behaviour."""

from __future__ import annotations

import json
import time

import pytest

from hrmsops.sandbox.cloud_run.names import service_name
from tests.fixtures.sandboxes import template
from tests.rollback.production import LATEST, Production, to


def on_service(production: Production) -> str:
    return service_name(production.service) + "$"


def until_tagged(production: Production) -> None:
    """Wait until the run has set the tag for its probe."""
    deadline = time.monotonic() + 120
    while not production.tags and time.monotonic() < deadline:
        time.sleep(0.02)
    assert production.tags


@pytest.mark.parametrize("code", [429, 500, 503])
def test_a_read_that_fails_for_a_moment_is_asked_again(production: Production, code: int) -> None:
    production.client.arm(
        kind="error", code=code, method="GET", path=on_service(production), times=2
    )
    assert production.rollback().code == 0
    assert production.shares == {production.revisions[0]: 100}


def test_a_quota_of_the_minute_is_waited_for(production: Production) -> None:
    production.client.arm(
        kind="error",
        code=403,
        message="Quota exceeded for quota metric 'Read requests' of limit 'Reads per minute'",
        method="GET",
        path=on_service(production),
    )
    assert production.rollback().code == 0


def test_a_quota_of_the_minute_is_no_missing_permission_for_a_write_either(
    production: Production,
) -> None:
    production.client.arm(
        kind="error",
        code=403,
        message="Quota exceeded for quota metric 'Write requests' of limit 'Writes per minute'",
        method="PATCH",
        path=on_service(production),
    )
    assert production.rollback().code == 0
    assert production.shares == {production.revisions[0]: 100}


def test_a_fix_that_does_not_come_up_does_not_bar_the_way_back(
    production: Production, images: dict[str, str]
) -> None:
    """The service stays not Ready as long as it follows a latest revision that has failed."""
    first, second = production.revisions
    deaf = template(images["deaf"])
    deaf["containers"][0]["startupProbe"] = {
        "tcpSocket": {},
        "periodSeconds": 1,
        "failureThreshold": 1,
    }
    production.client.patch_service(production.service, {"template": deaf}, mask="template")
    assert production.document["terminalCondition"]["state"] == "CONDITION_FAILED"
    assert production.shares == {second: 100}

    ended = production.rollback()

    assert ended.code == 0, ended.out
    assert production.shares == {first: 100}
    assert production.tags == {"last-good": first}


def test_a_missing_permission_is_named_and_not_asked_for_again(production: Production) -> None:
    production.client.arm(
        kind="error",
        code=403,
        message="Permission denied",
        method="PATCH",
        path=on_service(production),
        times=99,
    )
    before = len(production.calls())
    ended = production.rollback()
    assert ended.code == 9
    assert "run.services.update" in ended.document["failure"]["fix"]
    assert len(production.calls()) == before + 1


def test_expired_credentials_name_the_login_command(production: Production) -> None:
    production.client.arm(kind="error", code=401, method="GET", path=on_service(production))
    ended = production.rollback()
    assert ended.code == 9
    assert ended.document["error"]["fix"] == "gcloud auth application-default login"


@pytest.mark.parametrize("kind", ["drop-before", "drop-after"])
@pytest.mark.parametrize("nth", [1, 2, 3])
def test_a_lost_answer_leads_to_a_look_and_to_one_effect(
    production: Production, kind: str, nth: int
) -> None:
    """The first, second or third PATCH is lost, before or after it took effect."""
    if nth > 1:
        production.client.arm(
            kind="delay", seconds=0, method="PATCH", path=on_service(production), times=nth - 1
        )
    production.client.arm(kind=kind, method="PATCH", path=on_service(production))
    generation = int(production.document["generation"])

    ended = production.rollback()

    assert ended.code == 0, ended.out
    assert production.shares == {production.revisions[0]: 100}
    assert int(production.document["generation"]) == generation + 3


def test_a_write_that_answers_503_is_repeated_after_a_look(production: Production) -> None:
    production.client.arm(
        kind="error", code=503, method="PATCH", path=on_service(production), times=2
    )
    assert production.rollback().code == 0


def test_a_stale_etag_is_a_conflict(production: Production) -> None:
    """Cloud Run says that the service changed since we read it: no second try."""
    production.client.arm(
        kind="error", code=409, status="ABORTED", method="PATCH", path=on_service(production)
    )
    before = len(production.calls())

    ended = production.rollback()

    assert ended.code == 5
    assert ended.document["failure"]["code"] == "traffic-changed"
    assert len(production.calls()) == before + 1
    assert production.shares == {production.revisions[1]: 100}


def test_a_shift_by_someone_else_during_the_run_is_never_overwritten(
    production: Production,
) -> None:
    """The probe is held up while a colleague shifts; their tag and shares stay, ours is gone."""
    _, second = production.revisions
    production.client.arm(kind="hang-after", method="PATCH", path=on_service(production), seconds=6)
    process = production.start(
        "rollback", "app", "-e", "production", "--reason", "x", "--yes", "--json"
    )
    until_tagged(production)
    production.set_traffic(to(second, 100), to(second, 0, "theirs"))
    out, err = process.communicate(timeout=60)

    assert process.returncode == 5, err + out
    failure = json.loads(out)["failure"]
    assert failure["code"] == "traffic-changed"
    assert "oncall@nhia.example" in failure["what"]
    assert production.shares == {second: 100}
    assert production.tags == {"theirs": second}


def test_an_update_that_fails_is_put_back(production: Production) -> None:
    """Traffic and statuses would differ, and break the next deploy."""
    _, second = production.revisions
    production.client.arm(kind="delay", seconds=0, method="PATCH", path=on_service(production))
    production.client.arm(
        kind="operation",
        operation="services.traffic",
        code=500,
        message="The update failed.",
        times=1,
    )

    ended = production.rollback()

    assert ended.code == 10, ended.out
    assert production.shares == {second: 100}
    assert production.document["traffic"] == [LATEST]
    assert production.document["terminalCondition"]["state"] == "CONDITION_SUCCEEDED"
    assert production.deploy() == next(iter(production.shares))


def test_a_revision_that_vanished_is_never_replaced_silently(production: Production) -> None:
    first, second = production.revisions
    production.deploy()
    words = ("rollback", "app", "-e", "production", "--revision", second, "--reason", "x")
    production.hrmsops(*words, "--plan-out", "plan.json")
    production.client.call("DELETE", f"/v2/{service_name(production.service)}/revisions/{second}")

    ended = production.hrmsops(*words, "--plan", "plan.json", "--json")

    assert ended.code == 2
    assert ended.document["error"]["code"] == "revision-unknown"
    assert first not in production.shares


def test_a_revision_that_vanishes_during_the_run_ends_it_as_it_began(
    production: Production,
) -> None:
    first, second = production.revisions
    production.deploy()
    newest = production.revisions[-1]
    path = on_service(production)
    production.client.arm(kind="delay", seconds=0, method="GET", path=path)
    fault = production.client.arm(kind="delay", seconds=2, method="GET", path=path)
    process = production.start(
        "rollback", "app", "-e", "production", "--reason", "x", "--yes", "--json"
    )
    production.until_met(fault, process)
    revision = f"{service_name(production.service)}/revisions/{second}"
    production.client.call("DELETE", f"/v2/{revision}")
    out, err = process.communicate(timeout=60)

    assert process.returncode == 5, out + err
    assert json.loads(out)["failure"]["code"] == "revision-gone"
    assert json.loads(out)["outcome"] == "failed"
    assert production.shares == {newest: 100}
    assert production.tags == {}
    assert first not in production.shares


def test_two_engineers_at_once_the_second_is_told_who(production: Production) -> None:
    production.client.arm(kind="hang-after", method="PATCH", path=on_service(production), seconds=4)
    first = production.start(
        "rollback", "app", "-e", "production", "--reason", "I was first", "--yes"
    )
    until_tagged(production)

    second = production.rollback()

    assert second.code == 5
    assert second.document["error"]["code"] == "lease-held"
    assert "I was first" in second.document["error"]["why"]
    first.communicate(timeout=60)
    assert first.returncode == 0


@pytest.mark.slow
def test_no_answer_from_the_api_at_all_is_told_apart(production: Production) -> None:
    text = (production.folder / "hrmsops.toml").read_text()
    dead = text.replace(production.client.endpoint, "http://127.0.0.1:9")
    (production.folder / "hrmsops.toml").write_text(dead)
    ended = production.hrmsops("status", "-e", "production", "--json")
    assert ended.code == 10
    assert ended.document["error"]["code"] == "call-not-answered"
