"""The real gcloud, told what the guide tells: each side sees what the other did."""

from __future__ import annotations

import json
import re
import shutil
import subprocess

import pytest

from hrmsops.sandbox.client import Client
from tests.command_line import Ended
from tests.fixtures.sandboxes import deploy, hrmsops
from tests.sandbox.cloud_sql import kept, make, write
from tests.sandbox.test_cloud_run_traffic import ready, shift, to, two_revisions, who

pytestmark = [
    pytest.mark.gcloud,
    pytest.mark.skipif(shutil.which("gcloud") is None, reason="gcloud is not installed"),
]


def gcloud(sandbox: Client, *words: str, check: bool = True) -> Ended:
    """gcloud against the sandbox."""
    folder = str(sandbox.home.root)
    return hrmsops("sandbox", "gcloud", "--dir", folder, "--", *words, check=check)


@pytest.mark.slow
def test_the_guides_rollback_by_gcloud_works_verbatim(
    sandbox: Client, images: dict[str, str], name: str
) -> None:
    first, second = two_revisions(sandbox, name, images["echo"])

    listed = gcloud(
        sandbox,
        "run",
        "revisions",
        "list",
        f"--service={name}",
        "--region=us-central1",
        "--sort-by=~metadata.creationTimestamp",
        "--limit=3",
    )
    shifted = gcloud(
        sandbox,
        "run",
        "services",
        "update-traffic",
        name,
        "--region=us-central1",
        f"--to-revisions={first}=100",
    )

    lines = listed.out.splitlines()
    assert lines[0].split() == ["REVISION", "ACTIVE", "SERVICE", "DEPLOYED", "DEPLOYED", "BY"]
    assert [second in lines[1], "yes" in lines[1]] == [True, True]
    assert [first in lines[2], "yes" in lines[2]] == [True, False]
    assert re.search(rf"100% (\x1b\[1m)?{first}", shifted.out)
    service = sandbox.service(name)
    assert service["trafficStatuses"] == [to(first)]
    assert who(service["uri"]) == first
    assert len(sandbox.revisions(name)) == 2


@pytest.mark.slow
def test_gcloud_sees_what_was_done_over_the_v2_api(
    sandbox: Client, images: dict[str, str], name: str
) -> None:
    first, second = two_revisions(sandbox, name, images["echo"])
    shift(sandbox, name, to(first), to(second, 0, "next"))

    told = gcloud(
        sandbox, "run", "services", "describe", name, "--region=us-central1", "--format=json"
    )

    service = json.loads(told.out)
    percents = {each["revisionName"]: each.get("percent") for each in service["status"]["traffic"]}
    assert percents == {first: 100, second: None}
    assert service["status"]["traffic"][1]["tag"] == "next"


@pytest.mark.slow
def test_gcloud_ends_badly_where_an_update_fails(
    sandbox: Client, images: dict[str, str], name: str
) -> None:
    deploy(sandbox, name, images["echo"])

    ended = gcloud(
        sandbox,
        "run",
        "services",
        "update-traffic",
        name,
        "--region=us-central1",
        f"--to-revisions={name}-00009-xyz=100",
        check=False,
    )

    assert ended.code == 1
    assert f"Revision '{name}-00009-xyz' does not exist or is deleted." in ended.err


@pytest.mark.slow
def test_gcloud_meets_a_change_that_someone_else_made(
    faults: Client, images: dict[str, str], name: str
) -> None:
    """gcloud reads, then replaces: the delay lets someone else act in between."""
    first, second = two_revisions(faults, name, images["echo"])
    faults.arm(
        kind="delay", method="GET", path=f"v1/namespaces/nhia-hrms/services/{name}", seconds=2
    )
    words = ("run", "services", "update-traffic", name, "--region=us-central1")
    process = subprocess.Popen(
        _words(faults, *words, f"--to-revisions={first}=100"), stderr=subprocess.PIPE, text=True
    )
    _until_spent(faults)

    shift(faults, name, to(second))
    _, talk = process.communicate(timeout=60)

    assert process.returncode == 1
    assert f"Conflict for resource '{name}'" in talk
    assert faults.service(name)["trafficStatuses"] == [to(second)]


@pytest.mark.slow
def test_gcloud_deploys_and_lists_services(
    sandbox: Client, images: dict[str, str], name: str
) -> None:
    first = ready(deploy(sandbox, name, images["echo"]))

    new = (f"--image={images['echo']}", "--update-env-vars=GREETING=new")
    gcloud(sandbox, "run", "deploy", name, *new, "--region=us-central1", "--quiet")
    told = gcloud(sandbox, "run", "services", "list", "--format=json")

    services = {each["metadata"]["name"]: each for each in json.loads(told.out)}
    revision = services[name]["status"]["latestReadyRevisionName"]
    assert revision != first
    assert who(sandbox.service(name)["uri"]) == revision


@pytest.mark.slow
def test_the_guides_point_in_time_recovery_by_gcloud_works_verbatim(
    sandbox: Client, name: str
) -> None:
    make(sandbox, name)
    at = write(sandbox, name, 1)
    write(sandbox, name, 2)

    made = gcloud(
        sandbox, "sql", "instances", "clone", name, f"{name}-recovery", f"--point-in-time={at}"
    )

    assert f"{name}-recovery" in made.out
    assert "RUNNABLE" in made.out
    assert kept(sandbox, f"{name}-recovery") == [1]


@pytest.mark.slow
def test_the_guides_restore_by_gcloud_works_verbatim(sandbox: Client, name: str) -> None:
    make(sandbox, name)
    write(sandbox, name, 1)
    newest = sandbox.back_up(name)["backupContext"]["backupId"]
    write(sandbox, name, 2)

    listed = gcloud(sandbox, "sql", "backups", "list", f"--instance={name}", "--sort-by=~startTime")
    lines = [line.split() for line in listed.out.splitlines()]
    assert lines[0] == ["ID", "WINDOW_START_TIME", "ERROR", "STATUS", "INSTANCE"]
    assert lines[1][0] == newest
    assert len(lines) == 3
    told = gcloud(
        sandbox,
        "sql",
        "backups",
        "restore",
        newest,
        f"--restore-instance={name}",
        f"--backup-instance={name}",
    )

    assert f"instances/{name}]" in told.err
    assert kept(sandbox, name) == [1]


@pytest.mark.slow
def test_gcloud_tells_why_a_clone_failed(faults: Client, name: str) -> None:
    make(faults, name)
    faults.arm(kind="operation", operation="sql.clone", message="No addresses left")

    ended = gcloud(faults, "sql", "instances", "clone", name, f"{name}-x", check=False)

    assert ended.code == 1
    assert "[INTERNAL_ERROR] No addresses left" in ended.err


def _words(sandbox: Client, *words: str) -> list[str]:
    import sys

    folder = str(sandbox.home.root)
    return [sys.executable, "-m", "hrmsops", "sandbox", "gcloud", "--dir", folder, "--", *words]


def _until_spent(sandbox: Client) -> None:
    import time

    deadline = time.monotonic() + 120
    while sandbox.status()["faults"]:
        assert time.monotonic() < deadline, "gcloud did not read the service"
        time.sleep(0.05)
