"""`hrmsops rollback --advise` from typing it to the recommendation, held against three seconds.

The "peer" is the limit itself. It is measured on the HRMS as `sandbox up` deploys it with counts
that come four minutes late; with a bad release and its migration, whose code is read; and with the
database down, which no deadline may make slow.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from benchmarks import harness
from benchmarks.harness import Row
from hrmsops.sandbox.blueprint import PRODUCTION
from hrmsops.sandbox.client import Client
from hrmsops.sandbox.estate import Estate
from hrmsops.sandbox.home import Home

SECONDS_MAX = 3.0
METRICS_LAG = "240s"
LOSSY_RELEASE = "2024.3-lossy"


class Bench:
    """A sandbox with the HRMS in it, and the command that looks at its production."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.home = folder, Home(folder / "sandbox")
        self._environment = os.environ | {"HRMSOPS_STATE_DIR": str(folder / "state")}

    def prepare(self) -> None:
        self.folder.chmod(0o755)  # PostgreSQL may run as another user.
        where = ("--dir", str(self.home.root))
        self._hrmsops("sandbox", "up", "--detach", *where, "--metrics-lag", METRICS_LAG)
        self.estate = Estate(
            Client.of(self.home), environments=(PRODUCTION,), say=lambda _sentence: None
        )
        self._environment |= self.estate.passwords(PRODUCTION)

    def release(self) -> None:
        """What cannot be reversed goes live; its code is at hand."""
        self.estate.add_image(LOSSY_RELEASE)
        self.estate.release(PRODUCTION, LOSSY_RELEASE)
        self.estate.check_out(LOSSY_RELEASE, self.home.root / "project")

    def stop_database(self) -> None:
        path = f"instances/{PRODUCTION.instance}"
        client = self.estate.client
        settings = {
            "activationPolicy": "NEVER",
            "settingsVersion": client.sql("GET", path)["settings"]["settingsVersion"],
        }
        client.sql_finished(client.sql("PATCH", path, {"settings": settings}))

    def measured(self, what: str, *, recommends: str, times: int) -> Row:
        """The median of so many looks, each of which has to recommend just that."""
        words = ("rollback", "--advise", "-e", PRODUCTION.name, "--json")
        found = json.loads(self._hrmsops(*words, folder=self.home.root))["recommendation"]
        if found != recommends:
            sys.exit(f"{what}: {found} is recommended, where the guide has {recommends}.")
        command = [sys.executable, "-m", "hrmsops", *words]
        looks = [
            harness.run(command, environment=self._environment, folder=self.home.root).seconds
            for _ in range(times)
        ]
        return harness.row(what, "s", [(each, SECONDS_MAX) for each in looks], goal=1.0)

    def down(self) -> None:
        self._hrmsops("sandbox", "down", "--destroy", "--yes", "--dir", str(self.home.root))

    def _hrmsops(self, *words: str, folder: Path | None = None) -> str:
        return subprocess.run(
            [sys.executable, "-m", "hrmsops", *words],
            cwd=folder or self.folder,
            env=self._environment,
            capture_output=True,
            text=True,
            check=True,
        ).stdout


@contextmanager
def bench() -> Iterator[Bench]:
    """Ready, and gone afterwards."""
    with tempfile.TemporaryDirectory() as folder:
        made = Bench(Path(folder))
        made.prepare()
        try:
            yield made
        finally:
            made.down()


def main(words: list[str]) -> int:
    """Measure, report, and exit 1 where a look took longer, or recommended something else."""
    chosen = harness.options(words)
    times = 3 if chosen.quick else 11
    with bench() as made:
        found = [made.measured("all is well, metrics late", recommends="app", times=times)]
        made.release()
        found.append(made.measured("a migration lost data", recommends="pitr", times=times))
        made.stop_database()
        found.append(made.measured("the database is down", recommends="backup", times=times))
    return harness.report("rollback_advise", found, as_json=chosen.json)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
