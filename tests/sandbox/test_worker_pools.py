"""Worker pools: as many real processes as asked for, of one revision, and Google's own client."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import psutil
import pytest
from google.cloud import run_v2
from google.protobuf.field_mask_pb2 import FieldMask

from hrmsops.sandbox.client import Client
from hrmsops.sandbox.cloud_run.cloud import PARENT
from tests.fixtures.refusals import refusal
from tests.fixtures.sandboxes import add_image, hrmsops, template
from tests.sandbox.bearer import bearer
from tests.sandbox.waiting import eventually, is_running


def make_pool(sandbox: Client, name: str, image: str, count: int, **env: str) -> dict[str, Any]:
    body = {"template": template(image, **env), "scaling": {"manualInstanceCount": count}}
    path = f"/v2/{PARENT}/workerPools?workerPoolId={name}"
    operation = sandbox.finished(sandbox.call("POST", path, body))
    assert "error" not in operation, operation["error"]
    pool: dict[str, Any] = operation["response"]
    return pool


def scale(sandbox: Client, name: str, count: int, **body: Any) -> dict[str, Any]:
    sent = {"scaling": {"manualInstanceCount": count}, **body}
    path = f"/v2/{PARENT}/workerPools/{name}?updateMask=scaling"
    return sandbox.finished(sandbox.call("PATCH", path, sent))


def alive(notes: Path) -> list[int]:
    """Process ids of the workers that have begun and still run."""
    begun = notes.read_text().split("\n") if notes.exists() else []
    pids = [int(line.split()[0]) for line in begun if line]
    return [pid for pid in pids if is_running(pid)]


@pytest.fixture
def notes(tmp_path: Path) -> Path:
    return tmp_path / "notes"


def test_a_pool_runs_as_many_processes_as_it_is_told_and_none_at_zero(
    sandbox: Client, images: dict[str, str], name: str, notes: Path
) -> None:
    pool = make_pool(sandbox, name, images["worker"], 2, NOTES=str(notes))
    eventually(lambda: len(alive(notes)) == 2)

    stopped = scale(sandbox, name, 0)["response"]

    assert alive(notes) == []
    assert stopped["latestReadyRevision"] == pool["latestReadyRevision"]
    assert stopped["scaling"] == {"manualInstanceCount": 0}
    scale(sandbox, name, 1)
    eventually(lambda: len(alive(notes)) == 1)
    sandbox.finished(sandbox.call("DELETE", f"/v2/{PARENT}/workerPools/{name}"))
    assert alive(notes) == []


def test_a_worker_that_dies_is_started_anew(
    sandbox: Client, images: dict[str, str], name: str, notes: Path
) -> None:
    make_pool(sandbox, name, images["worker"], 1, NOTES=str(notes))
    eventually(lambda: len(alive(notes)) == 1)
    [first] = alive(notes)

    psutil.Process(first).kill()

    eventually(lambda: alive(notes) not in ([], [first]))
    [second] = alive(notes)
    assert second != first
    scale(sandbox, name, 0)


def test_a_new_template_makes_a_new_revision_and_ends_the_old_instances(
    sandbox: Client, images: dict[str, str], name: str, notes: Path
) -> None:
    first = make_pool(sandbox, name, images["worker"], 1, NOTES=str(notes))
    eventually(lambda: len(alive(notes)) == 1)
    body = {"template": template(images["worker"], NOTES=str(notes), OTHER="1")}
    path = f"/v2/{PARENT}/workerPools/{name}?updateMask=template"

    second = sandbox.finished(sandbox.call("PATCH", path, body))["response"]

    assert second["latestReadyRevision"] != first["latestReadyRevision"]
    eventually(lambda: len(alive(notes)) == 1)
    running = notes.read_text().split("\n")[-2].split()[1]
    assert second["latestReadyRevision"].endswith(running)
    listed = sandbox.call("GET", f"/v2/{PARENT}/workerPools/{name}/revisions")["revisions"]
    assert [each["name"] for each in listed] == [
        second["latestReadyRevision"],
        first["latestReadyRevision"],
    ]
    scale(sandbox, name, 0)


def test_an_image_that_is_not_there_leaves_the_pool_not_ready(sandbox: Client, name: str) -> None:
    body = {"template": template("no/such:image")}
    path = f"/v2/{PARENT}/workerPools?workerPoolId={name}"

    operation = sandbox.finished(sandbox.call("POST", path, body))

    assert operation["error"]["message"] == "Image 'no/such:image' not found."
    pool = sandbox.call("GET", f"/v2/{PARENT}/workerPools/{name}")
    assert pool["terminalCondition"]["state"] == "CONDITION_FAILED"


def test_a_stale_etag_and_a_count_that_cannot_be_are_refused(
    sandbox: Client, images: dict[str, str], name: str
) -> None:
    stale = make_pool(sandbox, name, images["worker"], 0)["etag"]
    scale(sandbox, name, 0)
    assert refusal(scale, sandbox, name, 0, etag=stale) == "409 ABORTED"
    assert refusal(scale, sandbox, name, -1) == "400 INVALID_ARGUMENT"
    assert refusal(scale, sandbox, "no-such-pool", 1) == "404 NOT_FOUND"


def test_googles_client_scales_a_pool_to_nothing_and_back(
    sandbox: Client, images: dict[str, str], name: str
) -> None:
    make_pool(sandbox, name, images["worker"], 1)
    transport = run_v2.WorkerPoolsClient.get_transport_class("rest")(
        host=sandbox.endpoint.removeprefix("http://"),
        url_scheme="http",
        credentials=bearer(),
    )
    client = run_v2.WorkerPoolsClient(transport=transport)
    full = f"{PARENT}/workerPools/{name}"
    for count in (0, 1, 0):
        pool = client.get_worker_pool(name=full)
        wanted = run_v2.WorkerPool(
            name=full,
            etag=pool.etag,
            scaling=run_v2.WorkerPoolScaling(manual_instance_count=count),
        )
        mask = FieldMask(paths=["scaling"])
        operation: Any = client.update_worker_pool(worker_pool=wanted, update_mask=mask)
        after = operation.result(20)
        assert after.scaling.manual_instance_count == count
        assert after.terminal_condition.state == run_v2.Condition.State.CONDITION_SUCCEEDED
    assert [pool.name for pool in client.list_worker_pools(parent=PARENT)].count(full) == 1


@pytest.mark.slow
def test_workers_go_with_their_sandbox_and_come_back_with_it(
    own_sandbox: Client, notes: Path
) -> None:
    image = add_image(own_sandbox, "worker")
    make_pool(own_sandbox, "mail", image, 1, NOTES=str(notes))
    eventually(lambda: len(alive(notes)) == 1)
    folder = str(own_sandbox.home.root)

    hrmsops("sandbox", "down", "--dir", folder)
    assert alive(notes) == []
    hrmsops("sandbox", "up", "--empty", "--detach", "--dir", folder)

    eventually(lambda: len(alive(notes)) == 1)
