"""The daemon: up twice, killed, started again, taken down."""

from __future__ import annotations

import json
import os
import shutil
import signal
import sys
import time
from datetime import UTC, datetime, timedelta
from http.client import HTTPException
from pathlib import Path
from urllib.request import urlopen

import psutil
import pytest

from hrmsops.errors.base import ExitCode
from hrmsops.sandbox import launch
from hrmsops.sandbox.client import Client
from hrmsops.sandbox.cloud_run.cloud import PARENT
from hrmsops.sandbox.home import Home
from hrmsops.sandbox.instances import Instances
from hrmsops.sandbox.lock import is_held
from tests.fixtures.sandboxes import add_image, bring_up, deploy, hrmsops, template
from tests.sandbox.test_cloud_run_jobs import make_job
from tests.sandbox.test_cloud_run_traffic import ready, shift, to, who

pytestmark = pytest.mark.slow


def kill(sandbox: Client) -> None:
    """SIGKILL the daemon, and nothing else."""
    pid = json.loads(sandbox.home.endpoint.read_bytes())["pid"]
    daemon = psutil.Process(pid)
    os.kill(pid, signal.SIGKILL)
    psutil.wait_procs([daemon], timeout=10)
    assert not is_held(sandbox.home)


def restart(sandbox: Client) -> Client:
    """Bring the same sandbox up again."""
    return bring_up(sandbox.home)


def test_everything_is_there_again_after_a_kill(own_sandbox: Client) -> None:
    image = add_image(own_sandbox, "echo")
    first = ready(deploy(own_sandbox, "hrms", image, GREETING="one"))
    deploy(own_sandbox, "hrms", image, GREETING="two")
    service = shift(own_sandbox, "hrms", to(first))["response"]
    own_sandbox.call("POST", "/storage/v1/b?project=nhia-hrms", {"name": "records"})
    upload = "/upload/storage/v1/b/records/o?uploadType=media&name=lease&ifGenerationMatch=0"
    written = own_sandbox.call("POST", upload, {"held": "by one"})
    before = own_sandbox.state()

    kill(own_sandbox)
    again = restart(own_sandbox)

    assert again.state() == before
    assert again.call("GET", "/storage/v1/b/records/o/lease") == written
    assert again.endpoint == own_sandbox.endpoint
    assert who(service["uri"]) == first


def test_a_revision_outlives_a_killed_daemon_and_is_adopted(own_sandbox: Client) -> None:
    service = deploy(own_sandbox, "hrms", add_image(own_sandbox, "echo"))
    process = _process_of(ready(service))

    kill(own_sandbox)
    assert process.is_running()
    restart(own_sandbox)

    assert who(service["uri"]) == ready(service)
    assert process.is_running()


def test_a_deploy_that_a_kill_interrupted_is_finished_by_the_next_start(
    own_sandbox: Client,
) -> None:
    image = add_image(own_sandbox, "echo")
    deploy(own_sandbox, "hrms", image, GREETING="one")
    body = {"template": template(image, GREETING="two", START_SECONDS="0.7")}
    path = f"/v2/{PARENT}/services/hrms?updateMask=template"
    operation = own_sandbox.call("PATCH", path, body)

    kill(own_sandbox)
    again = restart(own_sandbox)
    ended = again.finished(operation)

    service = ended["response"]
    assert ready(service).startswith("hrms-00002-")
    assert len(again.revisions("hrms")) == 2
    assert who(service["uri"]) == ready(service)


def test_a_job_that_runs_through_a_kill_ends_with_its_code(own_sandbox: Client) -> None:
    image = add_image(own_sandbox, "job")
    make_job(own_sandbox, "migrate", image, env={"SECONDS": "1", "CODE": "3"}, maxRetries=0)
    operation = own_sandbox.call("POST", f"/v2/{PARENT}/jobs/migrate:run", {})
    _until_logged(own_sandbox, operation["metadata"]["name"])

    kill(own_sandbox)
    ended = restart(own_sandbox).finished(operation)

    assert "exit code 3" in ended["error"]["message"]


def test_up_on_a_running_sandbox_says_so_and_gives_the_same_answer(own_sandbox: Client) -> None:
    words = ("sandbox", "up", "--empty", "--json", "--dir", str(own_sandbox.home.root))

    first, second = hrmsops(*words), hrmsops(*words, "--detach")

    assert first.out == second.out
    assert "runs already" in first.err


def test_two_that_start_one_sandbox_end_with_one_daemon(tmp_path: Path) -> None:
    from concurrent.futures import ThreadPoolExecutor

    home = Home(tmp_path / "sandbox")
    with ThreadPoolExecutor(2) as threads:
        clients = list(threads.map(lambda _: bring_up(home), range(2)))

    assert clients[0].endpoint == clients[1].endpoint
    launch.stop(home)
    assert not is_held(home)


def test_down_ends_everything_and_keeps_the_state(own_sandbox: Client) -> None:
    service = deploy(own_sandbox, "hrms", add_image(own_sandbox, "echo"))
    process, before = _process_of(ready(service)), own_sandbox.state()

    told = hrmsops("sandbox", "down", "--dir", str(own_sandbox.home.root))

    assert "is down" in told.err
    assert not process.is_running()
    assert not own_sandbox.home.endpoint.exists()
    with pytest.raises((OSError, HTTPException)):
        urlopen(service["uri"], timeout=2)
    again = restart(own_sandbox)
    assert again.state() == before
    assert who(service["uri"]) == ready(service)


def test_the_cloud_is_as_far_away_and_as_late_as_it_was_told(tmp_path: Path) -> None:
    home = Home(tmp_path / "sandbox")
    sandbox = bring_up(home, "--rtt", "80ms", "--clock-skew", "10m")
    try:
        started = time.monotonic()
        operation = sandbox.patch_service(
            "hrms", {"template": template(add_image(sandbox, "echo"))}, allowMissing="true"
        )
        made = datetime.fromisoformat(operation["response"]["createTime"])

        assert time.monotonic() - started >= 0.08
        assert timedelta(minutes=9) < made - datetime.now(UTC) < timedelta(minutes=11)
        assert sandbox.status()["rtt_seconds"] == 0.08
    finally:
        launch.stop(home)


def test_one_whose_data_somebody_tidied_away_names_its_end(tmp_path: Path) -> None:
    home = Home(tmp_path / "sandbox")
    home.prepare()
    instances = Instances(home)
    instances.create("kept", database="", owner="", users=())
    instances.create("lost", database="", owner="", users=())
    instances.stop_all()
    shutil.rmtree(instances.record("lost").folder)

    told = hrmsops("sandbox", "up", "--detach", "--empty", "--dir", str(home.root), check=False)

    assert (told.code, told.out) == (ExitCode.FAILED, "")
    assert "has lost its database lost." in told.err
    assert not instances.is_running("kept")
    fix = f"hrmsops sandbox down --destroy --yes --dir {home.root}"
    assert f"Fix:   {fix}\n" in told.err
    assert hrmsops(*fix.split()[1:]).code == 0
    assert not home.root.exists()


def test_one_in_the_foreground_tells_its_calls_and_ends_with_ctrl_c(tmp_path: Path) -> None:
    import pexpect

    home = Home(tmp_path / "sandbox")
    words = ["-m", "hrmsops", "sandbox", "up", "--empty", "--dir", str(home.root)]
    terminal = pexpect.spawn(sys.executable, words, timeout=30)
    terminal.expect("Ctrl-C takes it down")
    Client.of(home).call("GET", f"/v2/{PARENT}/services")

    terminal.expect(r"oncall@nhia\.example reads services: 200, \d+ ms")
    terminal.sendintr()
    terminal.expect(pexpect.EOF)
    terminal.close()
    assert terminal.exitstatus == 0
    assert not is_held(home)


def _process_of(revision: str) -> psutil.Process:
    def name_of(process: psutil.Process) -> str:
        try:
            return str(process.environ().get("K_REVISION"))
        except psutil.Error:
            return ""

    found = [process for process in psutil.process_iter() if name_of(process) == revision]
    assert len(found) == 1
    return found[0]


def _until_logged(sandbox: Client, execution: str) -> None:
    log = sandbox.home.logs / f"{execution.rpartition('/')[2]}-task0.log"
    deadline = time.monotonic() + 60
    while not (log.exists() and "task 0" in log.read_text()):
        assert time.monotonic() < deadline, "the task did not begin"
        time.sleep(0.02)
