"""`hrmsops rollback app --yes` beside gcloud's `revisions list` and `update-traffic`.

Both act on one service of one sandbox, in turn, the revision that they shift to being warm. What
hrmsops does and gcloud does not (probes before, health checks after) is printed apart.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from benchmarks import harness
from benchmarks.harness import Sample
from hrmsops.sandbox import gcloud
from hrmsops.sandbox.client import Client
from hrmsops.sandbox.home import Home

GOAL = 0.6
SERVICE = "bench-api"
IMAGE = "us-central1-docker.pkg.dev/nhia-hrms/hrms/bench:1"
CONFIG = """
[environments.bench]
kind = "sandbox"
protected = false
project = "nhia-hrms"
region = "us-central1"
service = "{service}"
endpoint = "{endpoint}"
"""
SERVER = '''\
"""Answers 200 to everything."""
import os
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Answer(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *words):
        pass


ThreadingHTTPServer(("127.0.0.1", int(os.environ["PORT"])), Answer).serve_forever()
'''


class Bench:
    """A sandbox with one service of two revisions, and the two ways to shift its traffic."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.sandbox = folder / "sandbox"
        self.looks: list[float] = []
        self._environment = os.environ | {"HRMSOPS_STATE_DIR": str(folder / "state")}

    def prepare(self) -> None:
        up = self._sandbox("up", "--empty", "--detach", "--json")
        endpoint = json.loads(up)["endpoint"]
        image = self.folder / "image"
        image.mkdir()
        (image / "serve.py").write_text(SERVER)
        manifest = {"command": ["python", "serve.py"], "port_env": "PORT"}
        (image / "image.json").write_text(json.dumps(manifest))
        self._sandbox("image", "add", str(image), IMAGE)
        client = Client.of(Home(self.sandbox))
        self._peer_environment = gcloud.environment(Home(self.sandbox), endpoint)
        revisions = [self._deploy(client, greeting) for greeting in ("one", "two")]
        self.older, self.newer = revisions
        # A tag keeps each of them warm, and spares hrmsops the tag of its own.
        client.patch_service(SERVICE, {"traffic": self._tagged()}, mask="traffic")
        text = CONFIG.format(service=SERVICE, endpoint=endpoint)
        (self.folder / "hrmsops.toml").write_text(text)

    def ours(self) -> Sample:
        """The whole process, to the older revision."""
        words = ("rollback", "app", "-e", "bench", "--revision", self.older, "--reason", "bench")
        command = [sys.executable, "-m", "hrmsops", *words, "--yes"]
        sample = harness.run(command, environment=self._environment, folder=self.folder)
        self.looks.append(self._seconds_of_looking())
        return sample

    def peer(self) -> Sample:
        """Both of gcloud's processes, to the newer revision; the memory of the larger one."""
        listing = ("run", "revisions", "list", *self._where, "--limit=3")
        sorting = "--sort-by=~metadata.creationTimestamp"
        shift = ("run", "services", "update-traffic", SERVICE, *self._region)
        environment = self._peer_environment
        first = harness.run(["gcloud", *listing, sorting], environment=environment)
        target = f"--to-revisions={self.newer}=100"
        second = harness.run(["gcloud", *shift, target], environment=environment)
        return Sample(
            seconds=first.seconds + second.seconds,
            peak_bytes=max(first.peak_bytes, second.peak_bytes),
        )

    def down(self) -> None:
        self._sandbox("down", "--destroy", "--yes")

    @property
    def _where(self) -> tuple[str, ...]:
        return (f"--service={SERVICE}", *self._region)

    @property
    def _region(self) -> tuple[str, ...]:
        return ("--region=us-central1",)

    def _seconds_of_looking(self) -> float:
        """What the probes and health checks of the last run took, as its record says."""
        runs = json.loads(self._hrmsops("runs", "--json"))["runs"]
        looks = [s for s in runs[0]["steps"] if s["step"] in ("probe-revision", "check-health")]
        return float(sum(step["seconds"] for step in looks))

    def _deploy(self, client: Client, greeting: str) -> str:
        variables = [{"name": "GREETING", "value": greeting}]
        template = {"containers": [{"image": IMAGE, "env": variables}]}
        made = client.patch_service(
            SERVICE, {"template": template}, mask="template", allowMissing="true"
        )
        return str(made["response"]["latestCreatedRevision"]).rpartition("/")[2]

    def _tagged(self) -> list[dict[str, object]]:
        latest: dict[str, object] = {
            "type": "TRAFFIC_TARGET_ALLOCATION_TYPE_LATEST",
            "percent": 100,
        }
        kind = "TRAFFIC_TARGET_ALLOCATION_TYPE_REVISION"
        named = {"older": self.older, "newer": self.newer}
        tags: list[dict[str, object]] = [
            {"type": kind, "revision": name, "tag": tag} for tag, name in named.items()
        ]
        return [latest, *tags]

    def _sandbox(self, *words: str) -> str:
        return self._hrmsops("sandbox", *words, "--dir", str(self.sandbox))

    def _hrmsops(self, *words: str) -> str:
        return subprocess.run(
            [sys.executable, "-m", "hrmsops", *words],
            cwd=self.folder,
            env=self._environment,
            capture_output=True,
            text=True,
            check=True,
        ).stdout


@contextmanager
def bench() -> Iterator[Bench]:
    """A sandbox in a folder of its own, gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="hrmsops-bench-") as folder:
        made = Bench(Path(folder))
        try:
            made.prepare()
            yield made
        finally:
            made.down()


def main(words: list[str]) -> int:
    """Measure, report, and exit 1 where the goal was missed."""
    chosen = harness.options(words)
    if shutil.which("gcloud") is None:
        sys.stderr.write("rollback_app: skipped, gcloud is not installed.\n")
        return 0
    with bench() as made:
        samples = harness.in_turn(made.ours, made.peer, pairs=3 if chosen.quick else 11)
    found = harness.rows("rollback", samples, goal=GOAL)
    looks = made.looks[-len(samples) :]
    apart = [(look, peer.seconds) for look, (_, peer) in zip(looks, samples, strict=True)]
    found.append(harness.row("of it: probes, health checks", "s", apart, goal=None))
    return harness.report("rollback_app", found, as_json=chosen.json)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
