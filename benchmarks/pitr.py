"""`hrmsops rollback pitr` until the verified clone, beside `gcloud sql instances clone`.

Both clone the HRMS's production database of one sandbox to a moment, in turn. gcloud is done when
the clone is there; hrmsops when it has also connected, run the checks and compared every table:
what that took is printed apart. A clone takes 12 seconds, as it takes minutes on Cloud SQL: what is
measured is how soon it is asked for, noticed and verified. How it is with a clone of a second is
printed too, and held against no goal: nobody has such a clone.
"""

from __future__ import annotations

import itertools
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

from benchmarks import harness
from benchmarks.harness import Row, Sample
from hrmsops.sandbox import gcloud
from hrmsops.sandbox.blueprint import OPERATIONS, PRODUCTION
from hrmsops.sandbox.client import Client
from hrmsops.sandbox.home import Home

GOAL = 0.8
CLONE_DELAY = "12s"
BACK = timedelta(seconds=2)


class Bench:
    """A sandbox with the HRMS deployed, and the two ways to clone its production database."""

    def __init__(self, folder: Path, *, clone_delay: str) -> None:
        self.folder, self._clone_delay = folder, clone_delay
        self.home = Home(folder / "sandbox")
        self.verifying: list[float] = []
        self._numbers = itertools.count(1)
        self._environment = os.environ | {"HRMSOPS_STATE_DIR": str(folder / "state")}

    def prepare(self) -> None:
        self.folder.chmod(0o755)  # PostgreSQL may run as another user.
        late = ("--clone-delay", self._clone_delay)
        self._hrmsops("sandbox", "up", "--detach", "--dir", str(self.home.root), *late)
        self.client = Client.of(self.home)
        self._peer_environment = gcloud.environment(self.home, self.client.endpoint)
        passwords = json.loads((self.home.root / "passwords.json").read_text())
        self._environment["HRMSOPS_PASSWORD"] = passwords[f"{PRODUCTION.instance}/{OPERATIONS}"]

    def ours(self) -> Sample:
        """The whole process, until the clone is verified."""
        at = ("--at", _moment())
        words = ("rollback", "pitr", "-e", "production", *at, "--reason", "bench", "--yes")
        command = [sys.executable, "-m", "hrmsops", *words]
        sample = harness.run(command, environment=self._environment, folder=self.home.root)
        self.verifying.append(self._seconds_of_verifying())
        self._delete_clones()
        return sample

    def peer(self) -> Sample:
        """gcloud's process, until the clone is there."""
        clone = f"bench-{next(self._numbers)}"
        words = ("sql", "instances", "clone", PRODUCTION.instance, clone)
        command = ["gcloud", *words, f"--point-in-time={_moment()}", "--quiet"]
        sample = harness.run(command, environment=self._peer_environment)
        self._delete_clones()
        return sample

    def down(self) -> None:
        self._hrmsops("sandbox", "down", "--destroy", "--yes", "--dir", str(self.home.root))

    def _seconds_of_verifying(self) -> float:
        """What the last look at the clone took, as the record says."""
        runs = json.loads(self._hrmsops("runs", "--json"))["runs"]
        [seconds] = [s["seconds"] for s in runs[0]["steps"] if s["step"] == "verify-clone"]
        return float(seconds)

    def _delete_clones(self) -> None:
        """Outside of the time that is measured: both find as many instances as the other."""
        kept = {PRODUCTION.instance, "nhia-hrms-staging-pg-0001"}
        for found in self.client.sql("GET", "instances")["items"]:
            name = found["name"]
            if name in kept:
                continue
            open_up = {"settings": {"deletionProtectionEnabled": False}}
            self.client.sql_finished(self.client.sql("PATCH", f"instances/{name}", open_up))
            self.client.sql_finished(self.client.sql("DELETE", f"instances/{name}"))

    def _hrmsops(self, *words: str) -> str:
        return subprocess.run(
            [sys.executable, "-m", "hrmsops", *words],
            cwd=self.folder,
            env=self._environment,
            capture_output=True,
            text=True,
            check=True,
        ).stdout


def _moment() -> str:
    """A moment whose logs are shipped, with the sample estate's migrations before it."""
    time.sleep(2 * BACK.total_seconds())
    return (datetime.now(UTC) - BACK).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


@contextmanager
def bench(*, clone_delay: str) -> Iterator[Bench]:
    """A sandbox in a folder of its own, gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="hrmsops-bench-") as folder:
        made = Bench(Path(folder), clone_delay=clone_delay)
        try:
            made.prepare()
            yield made
        finally:
            made.down()


def _measured(what: str, delay: str, *, goal: float | None, is_quick: bool) -> list[Row]:
    """Time, memory, and the part of the time that hrmsops spends on verifying."""
    with bench(clone_delay=delay) as made:
        pairs, warm_ups = (3, 1) if is_quick else (11, 2)
        samples = harness.in_turn(made.ours, made.peer, pairs=pairs, warm_ups=warm_ups)
    verifying = made.verifying[-len(samples) :]
    apart = [(own, peer.seconds) for own, (_, peer) in zip(verifying, samples, strict=True)]
    found = harness.rows(what, samples, goal=goal)
    return [*found, harness.row("of it: verifying", "s", apart, goal=None)]


def main(words: list[str]) -> int:
    """Measure, report, and exit 1 where the goal was missed."""
    chosen = harness.options(words)
    if shutil.which("gcloud") is None:
        sys.stderr.write("pitr: skipped, gcloud is not installed.\n")
        return 0
    found = [
        *_measured("verified clone", CLONE_DELAY, goal=GOAL, is_quick=chosen.quick),
        *_measured("clone of a second", "0s", goal=None, is_quick=chosen.quick)[:1],
    ]
    return harness.report("pitr", found, as_json=chosen.json)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
