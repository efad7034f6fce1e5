"""Revisions serve or say why not; jobs end with their code."""

from __future__ import annotations

import json
import queue
import signal
import subprocess
import sys
import threading
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from hrmsops.sandbox.environment import environment_of
from hrmsops.sandbox.home import Home
from hrmsops.sandbox.images import Images, Manifest
from hrmsops.sandbox.instances import Instances
from hrmsops.sandbox.runtime import Runtime
from hrmsops.sandbox.tasks import CANCELLED, LOST, TIMED_OUT
from hrmsops.sandbox.workload import NotReady, Workload
from tests.sandbox.small_images import write_image
from tests.sandbox.waiting import eventually, is_running

CONNECTION = "nhia-hrms:us-central1:nhia-hrms-production-pg-0001"


@pytest.fixture
def home(tmp_path: Path) -> Home:
    home = Home(tmp_path / "sandbox")
    home.prepare()
    return home


@pytest.fixture
def images(home: Home) -> Images:
    return Images(home)


@pytest.fixture
def runtime(home: Home, images: Images) -> Iterator[Runtime]:
    runtime = Runtime(home, images, Instances(home))
    yield runtime
    runtime.stop_all()


@pytest.fixture
def digest(images: Images, tmp_path: Path) -> str:
    return images.add(write_image(tmp_path / "image"), "api")


def get(address: tuple[str, int], path: str = "/") -> dict[str, Any]:
    with urllib.request.urlopen(f"http://{address[0]}:{address[1]}{path}", timeout=10) as reply:
        return dict(json.loads(reply.read()))


def shell(name: str, digest: str, script: str) -> Workload:
    return Workload(name=name, digest=digest, command=("sh", "-c"), args=(script,))


def pid_of(runtime: Runtime, workload: Workload) -> int:
    return int(get(runtime.ensure_serving(workload))["pid"])


def test_a_revision_serves_from_its_image_with_its_variables(
    runtime: Runtime, images: Images, digest: str
) -> None:
    workload = Workload(name="api-00001-abc", digest=digest, env={"K_REVISION": "api-00001-abc"})

    seen = get(runtime.ensure_serving(workload))

    assert seen["revision"] == "api-00001-abc"
    assert seen["cwd"] == str(images.folder(digest))
    assert runtime.is_running("api-00001-abc")
    assert runtime.names() == ["api-00001-abc"]


def test_many_first_requests_start_one_process(runtime: Runtime, digest: str) -> None:
    workload, seen = Workload(name="r", digest=digest), []
    threads = [
        threading.Thread(target=lambda: seen.append(pid_of(runtime, workload))) for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)

    assert len(seen) == 8
    assert len(set(seen)) == 1


def test_a_crashed_revision_starts_again_when_it_is_needed(runtime: Runtime, digest: str) -> None:
    workload = Workload(name="r", digest=digest)
    first = pid_of(runtime, workload)

    runtime.crash("r")

    assert not runtime.is_running("r")
    assert pid_of(runtime, workload) != first


def test_a_container_that_ends_is_not_ready(runtime: Runtime, home: Home, digest: str) -> None:
    with pytest.raises(NotReady) as refused:
        runtime.ensure_serving(shell("r", digest, "echo no database; exit 1"))

    assert (refused.value.field, refused.value.reason) == (
        "revisionReason",
        "HEALTH_CHECK_CONTAINER_ERROR",
    )
    assert "failed to start and listen on the port" in refused.value.message
    assert "no database" in (home.logs / "r.log").read_text()
    assert runtime.names() == []


def test_a_container_that_listens_nowhere_is_ended_after_its_timeout(
    runtime: Runtime, digest: str
) -> None:
    workload = Workload(
        name="r", digest=digest, command=("sleep", "300"), startup_timeout_seconds=0.1
    )

    with pytest.raises(NotReady, match="allocated timeout"):
        runtime.ensure_serving(workload)

    assert not runtime.is_running("r")


def test_an_image_that_is_gone_is_a_missing_container(
    runtime: Runtime, images: Images, digest: str
) -> None:
    images.remove(digest)

    with pytest.raises(NotReady) as refused:
        runtime.ensure_serving(Workload(name="r", digest=digest))

    assert (refused.value.field, refused.value.reason) == ("reason", "CONTAINER_MISSING")


PROBED = """
import os
from http.server import BaseHTTPRequestHandler, HTTPServer

class Answers(BaseHTTPRequestHandler):
    asked = 0
    def do_GET(self):
        Answers.asked += 1
        fine = Answers.asked > 2 and self.headers["Host"] == "api.example"
        self.send_response(302 if fine else 503)
        self.end_headers()

HTTPServer(("127.0.0.1", int(os.environ["PORT"])), Answers).serve_forever()
"""


@pytest.mark.parametrize(("host", "is_ready"), [("api.example", True), ("else.example", False)])
def test_a_startup_probe_decides_when_a_revision_is_ready(
    runtime: Runtime, images: Images, tmp_path: Path, host: str, is_ready: bool
) -> None:
    workload = Workload(
        name="r",
        digest=images.add(write_image(tmp_path / "a", PROBED), "api"),
        startup_probe_path="/readyz",
        startup_probe_headers={"Host": host},
        startup_timeout_seconds=30 if is_ready else 1,
    )

    if is_ready:
        runtime.ensure_serving(workload)
        return
    with pytest.raises(NotReady, match="failed the configured startup probe checks"):
        runtime.ensure_serving(workload)


def test_a_job_ends_with_its_exit_code(runtime: Runtime, home: Home, digest: str) -> None:
    ends: queue.Queue[int] = queue.Queue()

    runtime.run_job(shell("job-abc", digest, "exit 3"), timeout_seconds=30, on_end=ends.put)

    assert ends.get(timeout=10) == 3
    eventually(lambda: list(home.processes.iterdir()) == [])


def test_a_job_is_ended_by_its_timeout_or_its_cancellation(runtime: Runtime, digest: str) -> None:
    ends: queue.Queue[tuple[str, int]] = queue.Queue()
    for name, seconds in (("slow", 0.1), ("unwanted", 60)):
        runtime.run_job(
            shell(name, digest, "exec sleep 300"),
            timeout_seconds=seconds,
            on_end=lambda code, name=name: ends.put((name, code)),  # type: ignore[misc]
        )
    assert ends.get(timeout=10) == ("slow", TIMED_OUT)

    runtime.cancel_job("unwanted")

    assert ends.get(timeout=10) == ("unwanted", CANCELLED)


def test_nothing_is_known_of_a_task_without_a_record(runtime: Runtime) -> None:
    ends: queue.Queue[int] = queue.Queue()

    runtime.watch_job("never-begun", ends.put)

    assert ends.get(timeout=10) == LOST


HOLDER = """
import sys, time
from pathlib import Path
from hrmsops.sandbox.home import Home
from hrmsops.sandbox.images import Images
from hrmsops.sandbox.instances import Instances
from hrmsops.sandbox.runtime import Runtime
from hrmsops.sandbox.workload import Workload
home, digest = Home(Path(sys.argv[1])), sys.argv[2]
runtime = Runtime(home, Images(home), Instances(home))
runtime.ensure_serving(Workload(name="r", digest=digest))
for name, script in (("brief", "exit 4"), ("going-on", "sleep 1; exit 5")):
    job = Workload(name=name, digest=digest, command=("sh", "-c"), args=(script,))
    runtime.run_job(job, timeout_seconds=60, on_end=lambda code: time.sleep(300))
while runtime.is_running("brief"):
    time.sleep(0.01)
print("held", flush=True)
time.sleep(300)
"""


def test_a_killed_daemon_leaves_its_revisions_and_jobs_to_the_next(
    home: Home, images: Images, digest: str
) -> None:
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLDER, home.root, digest], stdout=subprocess.PIPE
    )
    with holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == b"held\n"
        holder.send_signal(signal.SIGKILL)
    runtime = Runtime(home, images, Instances(home))
    before = json.loads((home.processes / "r.json").read_bytes())
    ends: queue.Queue[tuple[str, int]] = queue.Queue()

    adopted = runtime.adopt()
    for name in ("brief", "going-on"):
        runtime.watch_job(name, lambda code, name=name: ends.put((name, code)))  # type: ignore[misc]

    assert adopted == ["going-on", "r"]
    assert pid_of(runtime, Workload(name="r", digest=digest)) == before["pid"]
    assert {ends.get(timeout=10), ends.get(timeout=10)} == {("brief", 4), ("going-on", 5)}
    runtime.stop_all()
    assert not is_running(before["pid"])
    eventually(lambda: list(home.processes.iterdir()) == [])


def reach(connection: str) -> tuple[str, int] | None:
    return ("127.0.0.1", 20123) if connection == CONNECTION else None


@pytest.mark.parametrize(
    ("given", "seen"),
    [
        ({"DB_HOST": f"/cloudsql/{CONNECTION}"}, {"DB_HOST": "127.0.0.1"}),
        (
            {"DB_HOST": f"/cloudsql/{CONNECTION}", "DB_PORT": "5432", "OTHER_PORT": "1"},
            {"DB_HOST": "127.0.0.1", "DB_PORT": "20123", "OTHER_PORT": "1"},
        ),
        (
            {"DATABASE_URL": f"postgres://hrms_app:x@/hrms?host=/cloudsql/{CONNECTION}"},
            {"DATABASE_URL": "postgres://hrms_app:x@/hrms?host=127.0.0.1"},
        ),
        (
            {"U": "postgres:///hrms?host=%2Fcloudsql%2F" + CONNECTION.replace(":", "%3A")},
            {"U": "postgres:///hrms?host=127.0.0.1"},
        ),
        ({"PGPORT": "5432"}, {}),
    ],
)
def test_a_mounted_instance_is_reached_over_loopback(
    given: dict[str, str], seen: dict[str, str]
) -> None:
    workload = Workload(name="r", digest="d", env=given, connections=(CONNECTION,))

    env = environment_of(workload, Manifest(command=("x",)), port=0, reach=reach, private={})

    assert env == {**seen, "PGPORT": "20123"}


def test_an_instance_that_is_not_mounted_is_not_reached() -> None:
    given = {"DB_HOST": f"/cloudsql/{CONNECTION}"}
    workload = Workload(name="r", digest="d", env=given)

    assert (
        environment_of(workload, Manifest(command=("x",)), port=0, reach=reach, private={}) == given
    )


def test_the_revisions_variables_come_over_the_images_and_the_port_over_all() -> None:
    manifest = Manifest(command=("x",), port_env="LISTEN", env={"A": "image", "B": "image"})
    workload = Workload(name="r", digest="d", env={"A": "revision", "PORT": "1"})

    env = environment_of(workload, manifest, port=8080, reach=reach, private={})

    assert env == {"A": "revision", "B": "image", "PORT": "8080", "LISTEN": "8080"}
