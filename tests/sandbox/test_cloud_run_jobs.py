"""Jobs and executions: processes that run to their end, with Cloud Run's defaults."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import pytest

from hrmsops.sandbox.client import Client
from hrmsops.sandbox.cloud_run.cloud import PARENT
from tests.fixtures.refusals import refusal
from tests.fixtures.sandboxes import template


def make_job(sandbox: Client, name: str, image: str, **task: Any) -> dict[str, Any]:
    """A job of one task; `env` are its variables, what else is given is the task template's."""
    spec = {**template(image, **task.pop("env", {})), **task}
    operation = sandbox.call(
        "POST", f"/v2/{PARENT}/jobs?jobId={name}", {"template": {"template": spec}}
    )
    job: dict[str, Any] = operation["response"]
    return job


def run(sandbox: Client, name: str, **request: Any) -> dict[str, Any]:
    """Run the job to its end; the ended operation."""
    return sandbox.finished(sandbox.call("POST", f"/v2/{PARENT}/jobs/{name}:run", request))


def executions(sandbox: Client, name: str) -> list[dict[str, Any]]:
    """The job's executions, the newest first."""
    listed = sandbox.call("GET", f"/v2/{PARENT}/jobs/{name}/executions")
    found: list[dict[str, Any]] = listed["executions"]
    return found


def completed(execution: dict[str, Any]) -> dict[str, Any]:
    """The condition that tells how an execution ended."""
    return next(each for each in execution["conditions"] if each["type"] == "Completed")


def test_a_job_has_cloud_runs_defaults(sandbox: Client, images: dict[str, str], name: str) -> None:
    job = make_job(sandbox, name, images["job"])

    assert job["template"]["taskCount"] == 1
    assert job["template"]["template"]["maxRetries"] == 3
    assert job["template"]["template"]["timeout"] == "600s"
    assert job["terminalCondition"]["state"] == "CONDITION_SUCCEEDED"


def test_a_job_that_ends_well_is_counted_and_pointed_to(
    sandbox: Client, images: dict[str, str], name: str
) -> None:
    make_job(sandbox, name, images["job"])

    execution = run(sandbox, name)["response"]

    assert completed(execution)["state"] == "CONDITION_SUCCEEDED"
    assert (execution["succeededCount"], execution["runningCount"]) == (1, 0)
    assert execution["createTime"] <= execution["startTime"] <= execution["completionTime"]
    job = sandbox.call("GET", f"/v2/{PARENT}/jobs/{name}")
    assert job["executionCount"] == 1
    assert job["latestCreatedExecution"]["name"] == execution["name"]
    assert job["latestCreatedExecution"]["completionStatus"] == "EXECUTION_SUCCEEDED"


def test_a_failing_task_is_tried_again_as_often_as_it_may(
    sandbox: Client, images: dict[str, str], name: str, tmp_path: Path
) -> None:
    notes = tmp_path / "notes"
    env = {"CODE": "7", "NOTES": str(notes)}
    make_job(sandbox, name, images["job"], maxRetries=2, env=env)

    operation = run(sandbox, name)

    execution = executions(sandbox, name)[0]
    task = f"{execution['name'].rpartition('/')[2]}-task0"
    words = f"Task {task} failed with message: The container exited with an error (exit code 7)."
    assert operation["error"] == {"code": 9, "message": words}
    assert completed(execution)["executionReason"] == "NON_ZERO_EXIT_CODE"
    assert (execution["failedCount"], execution["retriedCount"]) == (1, 2)
    attempts = [line.split()[1] for line in notes.read_text().splitlines()]
    assert attempts == ["0", "1", "2"]


def test_without_retries_a_failing_task_runs_once(
    sandbox: Client, images: dict[str, str], name: str, tmp_path: Path
) -> None:
    notes = tmp_path / "notes"
    env = {"CODE": "1", "NOTES": str(notes)}
    make_job(sandbox, name, images["job"], maxRetries=0, env=env)

    run(sandbox, name)

    assert len(notes.read_text().splitlines()) == 1


def test_overrides_hold_for_one_run_alone(
    sandbox: Client, images: dict[str, str], name: str, tmp_path: Path
) -> None:
    notes = tmp_path / "notes"
    make_job(sandbox, name, images["job"], env={"CODE": "1"}, maxRetries=0)
    override = {
        "args": ["employees", "0015"],
        "env": [{"name": "CODE", "value": "0"}, {"name": "NOTES", "value": str(notes)}],
    }

    first = run(sandbox, name, overrides={"containerOverrides": [override], "taskCount": 2})
    second = run(sandbox, name)

    assert first["response"]["succeededCount"] == 2
    lines = sorted(notes.read_text().splitlines())
    assert lines == ["0 0 job.py employees 0015", "1 0 job.py employees 0015"]
    assert second["error"]["code"] == 9
    job = sandbox.call("GET", f"/v2/{PARENT}/jobs/{name}")
    assert job["template"]["taskCount"] == 1


def test_a_task_that_outlives_its_timeout_is_ended(
    sandbox: Client, images: dict[str, str], name: str
) -> None:
    make_job(sandbox, name, images["job"], env={"SECONDS": "60"}, timeout="0.3s", maxRetries=0)

    operation = run(sandbox, name)

    assert "timeout was reached" in operation["error"]["message"]


def test_a_cancelled_execution_ends_at_once(
    sandbox: Client, images: dict[str, str], name: str
) -> None:
    make_job(sandbox, name, images["job"], env={"SECONDS": "60"})
    begun = sandbox.call("POST", f"/v2/{PARENT}/jobs/{name}:run", {})
    execution = begun["metadata"]["name"]
    _until_running(sandbox, execution)

    cancelled = sandbox.finished(sandbox.call("POST", f"/v2/{execution}:cancel", {}))

    assert cancelled["response"]["cancelledCount"] == 1
    assert completed(cancelled["response"])["executionReason"] == "CANCELLED"
    assert sandbox.finished(begun)["error"]["message"] == "Execution was cancelled."
    assert refusal(sandbox.call, "POST", f"/v2/{execution}:cancel", {}) == "400 FAILED_PRECONDITION"


def test_a_job_whose_image_is_gone_fails_with_the_reason(sandbox: Client, name: str) -> None:
    make_job(sandbox, name, "no/such:image")

    operation = run(sandbox, name)

    assert operation["error"]["message"] == "Image 'no/such:image' not found."
    assert completed(executions(sandbox, name)[0])["reason"] == "CONTAINER_MISSING"


def test_a_job_is_made_by_a_patch_that_may(
    sandbox: Client, images: dict[str, str], name: str
) -> None:
    body = {"template": {"template": template(images["job"])}}

    sandbox.call("PATCH", f"/v2/{PARENT}/jobs/{name}?allowMissing=true", body)
    again = sandbox.call("PATCH", f"/v2/{PARENT}/jobs/{name}", body)

    assert again["response"]["generation"] == "2"
    assert (
        refusal(sandbox.call, "POST", f"/v2/{PARENT}/jobs?jobId={name}", body)
        == "409 ALREADY_EXISTS"
    )


def test_a_stale_etag_of_a_job_is_a_conflict(
    sandbox: Client, images: dict[str, str], name: str
) -> None:
    stale = make_job(sandbox, name, images["job"])["etag"]
    body = {"template": {"template": template(images["job"])}}
    sandbox.call("PATCH", f"/v2/{PARENT}/jobs/{name}", body)

    for method, path, sent in (
        ("PATCH", f"/v2/{PARENT}/jobs/{name}", {**body, "etag": stale}),
        ("POST", f"/v2/{PARENT}/jobs/{name}:run", {"etag": stale}),
    ):
        assert refusal(sandbox.call, method, path, sent) == "409 ABORTED"


def test_a_deleted_job_takes_its_executions_with_it(
    sandbox: Client, images: dict[str, str], name: str
) -> None:
    make_job(sandbox, name, images["job"])
    execution = run(sandbox, name)["response"]["name"]

    sandbox.call("DELETE", f"/v2/{PARENT}/jobs/{name}")

    for gone in (f"/v2/{PARENT}/jobs/{name}", f"/v2/{execution}"):
        assert refusal(sandbox.call, "GET", gone) == "404 NOT_FOUND"


@pytest.mark.parametrize("count", [0, -1, 10_001])
def test_a_count_of_tasks_that_cannot_be_is_refused(
    sandbox: Client, images: dict[str, str], name: str, count: int
) -> None:
    body = {"template": {"taskCount": count, "template": template(images["job"])}}

    assert (
        refusal(sandbox.call, "POST", f"/v2/{PARENT}/jobs?jobId={name}", body)
        == "400 INVALID_ARGUMENT"
    )


def _until_running(sandbox: Client, execution: str) -> None:
    deadline = time.monotonic() + 60
    log = sandbox.home.logs / f"{execution.rpartition('/')[2]}-task0.log"
    while not (log.exists() and "task 0" in log.read_text()):
        assert time.monotonic() < deadline, "the task did not begin"
        time.sleep(0.02)
