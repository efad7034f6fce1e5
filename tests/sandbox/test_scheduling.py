"""Cloud Scheduler and Cloud Tasks: what calls the services by itself, and what keeps it from it."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httplib2
import pytest
from google_auth_httplib2 import AuthorizedHttp
from googleapiclient.discovery import build
from googleapiclient.errors import HttpError
from hypothesis import given
from hypothesis import strategies as st

from hrmsops.sandbox.client import Client
from hrmsops.sandbox.cloud_run.cloud import PARENT
from hrmsops.sandbox.cloud_run.names import host
from hrmsops.sandbox.home import Home
from hrmsops.sandbox.scheduling import cron
from tests.command_line import Ended
from tests.fixtures.refusals import refusal
from tests.fixtures.sandboxes import (
    add_image,
    assert_replies_are_googles,
    bring_up,
    deploy,
    hrmsops,
    take_down,
)
from tests.sandbox.bearer import bearer
from tests.sandbox.waiting import eventually

JOBS, QUEUES = f"/v1/{PARENT}/jobs", f"/v2/{PARENT}/queues"
YEARLY = "0 2 1 1 *"
NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)


def make_job(sandbox: Client, name: str, *, uri: str, schedule: str = YEARLY) -> dict[str, Any]:
    body = {
        "name": f"{PARENT}/jobs/{name}",
        "schedule": schedule,
        "httpTarget": {"uri": uri, "httpMethod": "GET"},
    }
    return sandbox.call("POST", JOBS, body)


def make_queue(sandbox: Client, name: str, **body: Any) -> dict[str, Any]:
    return sandbox.call("POST", QUEUES, {"name": f"{PARENT}/queues/{name}", **body})


def add_task(sandbox: Client, queue: str, url: str) -> dict[str, Any]:
    task = {"httpRequest": {"url": url, "httpMethod": "GET"}}
    return sandbox.call("POST", f"{QUEUES}/{queue}/tasks", {"task": task})


def waiting(sandbox: Client, queue: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = sandbox.call("GET", f"{QUEUES}/{queue}/tasks")["tasks"]
    return found


def due(text: str, after: datetime = NOON, zone: str = "UTC") -> datetime:
    return cron.parse(text, zone=zone).next_after(after)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("* * * * *", datetime(2026, 11, 23, 12, 1, tzinfo=UTC)),
        ("*/20 * * * *", datetime(2026, 11, 23, 12, 20, tzinfo=UTC)),
        ("5,50-52 12 * * *", datetime(2026, 11, 23, 12, 5, tzinfo=UTC)),
        ("0 2 * * *", datetime(2026, 11, 24, 2, tzinfo=UTC)),
        ("30 8 * * 7", datetime(2026, 11, 29, 8, 30, tzinfo=UTC)),
        ("0 0 29 2 *", datetime(2028, 2, 29, tzinfo=UTC)),
        ("0 0 1 * 5", datetime(2026, 11, 27, tzinfo=UTC)),
    ],
)
def test_a_schedule_is_next_due_as_unix_cron_reads_it(text: str, expected: datetime) -> None:
    assert due(text) == expected


def test_a_schedule_keeps_to_its_time_zone_and_leaps_over_an_hour_that_is_not() -> None:
    before = datetime(2026, 3, 28, 12, tzinfo=UTC)
    berlin = "Europe/Berlin"
    assert due("30 1 * * *", before, berlin) == datetime(2026, 3, 29, 0, 30, tzinfo=UTC)
    assert due("30 2 * * *", before, berlin) == datetime(2026, 3, 30, 0, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    "text", ["", "* * * *", "60 * * * *", "*/0 * * * *", "5-1 * * * *", "0 0 31 2 *", "x * * * *"]
)
def test_what_is_no_schedule_is_refused(text: str) -> None:
    with pytest.raises(cron.NotASchedule):
        cron.parse(text, zone="UTC")


@given(st.integers(0, 10**8), st.integers(1, 59))
def test_a_schedule_is_always_due_later_and_on_its_minute(seconds: int, step: int) -> None:
    after = NOON + timedelta(seconds=seconds)
    found = due(f"*/{step} * * * *", after)
    assert after < found <= after + timedelta(hours=1)
    assert found.minute % step == 0


@pytest.fixture(scope="module")
def soon() -> Iterator[tuple[Client, str]]:
    """A sandbox whose clock is some seconds before a full minute, and an image in it."""
    with tempfile.TemporaryDirectory(prefix="hrmsops-tests-") as folder:
        Path(folder).chmod(0o755)
        home = Home(Path(folder) / "sandbox")
        skew = (52 - datetime.now(UTC).second) % 60
        client = bring_up(home, f"--clock-skew={skew}s")
        yield client, add_image(client, "echo")
        take_down(home)
        assert_replies_are_googles(home)


def requests_to(sandbox: Client, revision: str, path: str) -> int:
    log = sandbox.home.logs / f"{revision}.log"
    return log.read_text().count(f"GET {path}") if log.exists() else 0


@pytest.mark.slow
def test_an_enabled_job_calls_its_service_on_the_minute_and_a_paused_one_does_not(
    soon: tuple[Client, str],
) -> None:
    sandbox, image = soon
    revision = _revision(deploy(sandbox, "hrms", image, LOG="1"))
    every_minute = "* * * * *"
    make_job(sandbox, "on", uri=f"https://{host('hrms')}/on", schedule=every_minute)
    make_job(sandbox, "off", uri=f"https://{host('hrms')}/off")
    sandbox.call("POST", f"{JOBS}/off:pause", {})
    changed = f"{JOBS}/off?updateMask=schedule"
    sandbox.call("PATCH", changed, {"schedule": every_minute})

    eventually(lambda: requests_to(sandbox, revision, "/on"), seconds=90)
    eventually(lambda: "status" in sandbox.call("GET", f"{JOBS}/on"))

    on, off = (sandbox.call("GET", f"{JOBS}/{name}") for name in ("on", "off"))
    assert on["status"] == {}
    assert on["lastAttemptTime"] < on["scheduleTime"]
    assert (off["state"], "lastAttemptTime" in off) == ("PAUSED", False)
    assert requests_to(sandbox, revision, "/off") == 0


def test_pausing_and_resuming_is_for_the_state_that_allows_it(sandbox: Client, name: str) -> None:
    made = make_job(sandbox, name, uri="http://127.0.0.1:9/x")
    assert (made["state"], made["timeZone"]) == ("ENABLED", "UTC")
    assert made["scheduleTime"].endswith("-01-01T02:00:00.000000Z")
    assert refusal(sandbox.call, "POST", f"{JOBS}/{name}:resume", {}) == "400 FAILED_PRECONDITION"
    assert sandbox.call("POST", f"{JOBS}/{name}:pause", {})["state"] == "PAUSED"
    assert refusal(sandbox.call, "POST", f"{JOBS}/{name}:pause", {}) == "400 FAILED_PRECONDITION"
    assert sandbox.call("POST", f"{JOBS}/{name}:resume", {})["state"] == "ENABLED"
    assert refusal(make_job, sandbox, name, uri="http://127.0.0.1:9/x") == "409 ALREADY_EXISTS"
    assert (
        refusal(make_job, sandbox, f"{name}-other", uri="http://127.0.0.1:9/x", schedule="often")
        == "400 INVALID_ARGUMENT"
    )
    sandbox.call("DELETE", f"{JOBS}/{name}")
    assert refusal(sandbox.call, "GET", f"{JOBS}/{name}") == "404 NOT_FOUND"


def test_a_task_is_called_for_and_gone_and_a_paused_queue_keeps_its_tasks(
    sandbox: Client, images: dict[str, str], name: str
) -> None:
    revision = _revision(deploy(sandbox, name, images["echo"], LOG="1"))
    url = f"https://{host(name)}"
    make_queue(sandbox, name)
    add_task(sandbox, name, f"{url}/first")
    eventually(lambda: requests_to(sandbox, revision, "/first"))
    eventually(lambda: not waiting(sandbox, name))

    sandbox.call("POST", f"{QUEUES}/{name}:pause", {})
    add_task(sandbox, name, f"{url}/second")
    make_queue(sandbox, f"{name}-other")
    add_task(sandbox, f"{name}-other", f"{url}/third")
    eventually(lambda: requests_to(sandbox, revision, "/third"))

    assert requests_to(sandbox, revision, "/second") == 0
    assert len(waiting(sandbox, name)) == 1
    sandbox.call("POST", f"{QUEUES}/{name}:resume", {})
    eventually(lambda: requests_to(sandbox, revision, "/second"))
    eventually(lambda: not waiting(sandbox, name))


def test_a_task_that_is_refused_waits_and_is_tried_again(
    sandbox: Client, images: dict[str, str], name: str
) -> None:
    deploy(sandbox, name, images["echo"], ANSWER="503")
    make_queue(sandbox, name, retryConfig={"maxAttempts": 3})
    task = add_task(sandbox, name, f"https://{host(name)}/never")

    eventually(lambda: not waiting(sandbox, name))  # After its third attempt.

    assert refusal(sandbox.call, "GET", f"/v2/{task['name']}") == "404 NOT_FOUND"


def test_googles_own_library_pauses_and_resumes(sandbox: Client, name: str) -> None:
    make_job(sandbox, name, uri="http://127.0.0.1:9/x")
    make_queue(sandbox, name)
    jobs = _api(sandbox, "cloudscheduler", "v1").projects().locations().jobs()
    queues = _api(sandbox, "cloudtasks", "v2").projects().locations().queues()
    for resource, kind, on in ((jobs, "jobs", "ENABLED"), (queues, "queues", "RUNNING")):
        full = f"{PARENT}/{kind}/{name}"
        assert resource.pause(name=full, body={}).execute()["state"] == "PAUSED"
        assert resource.get(name=full).execute()["state"] == "PAUSED"
        assert resource.resume(name=full, body={}).execute()["state"] == on
        listed = resource.list(parent=PARENT).execute()[kind]
        assert full in [each["name"] for each in listed]
        with pytest.raises(HttpError, match="404"):
            resource.get(name=f"{full}-none").execute()


@pytest.mark.gcloud
@pytest.mark.slow
@pytest.mark.skipif(shutil.which("gcloud") is None, reason="gcloud is not installed")
def test_gcloud_lists_pauses_and_resumes(sandbox: Client, name: str) -> None:
    make_job(sandbox, name, uri="http://127.0.0.1:9/x")
    make_queue(sandbox, name)

    listed = gcloud(sandbox, "scheduler", "jobs", "list", "--location=us-central1")
    gcloud(sandbox, "scheduler", "jobs", "pause", name, "--location=us-central1")
    gcloud(sandbox, "tasks", "queues", "pause", name, "--location=us-central1", "--quiet")

    assert name in listed.out
    assert sandbox.call("GET", f"{JOBS}/{name}")["state"] == "PAUSED"
    assert sandbox.call("GET", f"{QUEUES}/{name}")["state"] == "PAUSED"
    gcloud(sandbox, "scheduler", "jobs", "resume", name, "--location=us-central1")
    assert sandbox.call("GET", f"{JOBS}/{name}")["state"] == "ENABLED"


def gcloud(sandbox: Client, *words: str) -> Ended:
    return hrmsops("sandbox", "gcloud", "--dir", str(sandbox.home.root), "--", *words)


def _revision(service: dict[str, Any]) -> str:
    return str(service["latestReadyRevision"]).rpartition("/")[2]


def _api(sandbox: Client, name: str, version: str) -> Any:
    token = bearer()
    return build(
        name,
        version,
        http=AuthorizedHttp(token, http=httplib2.Http(timeout=20)),
        static_discovery=True,
        client_options={"api_endpoint": sandbox.endpoint},
    )
