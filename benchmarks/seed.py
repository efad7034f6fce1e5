"""The reference data seeded, beside `loaddata` of the same rows: once into nothing, and once more.

27 banks and 5,000 branches of the HRMS in miniature. Each sample is a process with a database of
its own; the start of the processes and of Django is left out on both sides.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec

from benchmarks import harness
from benchmarks.harness import Row
from benchmarks.seed_sides import BENCH
from hrmsops.config import Config
from hrmsops.config.seed_settings import Seed
from hrmsops.django.bridge import Project
from hrmsops.django.describing import Describer
from hrmsops.postgres.binaries import find_binaries
from hrmsops.postgres.cloud_sql_roles import create_database, create_roles
from hrmsops.postgres.cluster import Cluster
from hrmsops.postgres.server_account import ServerAccount, remove_stand_in
from hrmsops.sandbox.instances import User
from hrmsops.sandbox.releases import build
from hrmsops.seed.catalogue import SPECS, chosen
from hrmsops.seed.django_fixtures import write
from hrmsops.seed.material import material
from hrmsops.seed.reading import read

GOAL = 0.05
MEMORY_GOAL_MIB = 150
BRANCHES = 5000
PAIRS, PAIRS_QUICK = 5, 2
LOGIN = User(name="hrms_app", password="only the benchmark knows")
TEMPLATE = "empty_hrms"
SETTINGS = "alone"
# Without the app that audits and logs every row that Django saves: that would be the peer's alone.
ALONE = """\
from hrms.settings import *
INSTALLED_APPS, ROOT_URLCONF, urlpatterns, LOGGING = ["reference"], "alone", [], {}
"""


@dataclass
class Bench:
    """A server with an empty HRMS, its project, the data, and the same as fixtures."""

    cluster: Cluster
    folder: Path
    databases: int = 0

    def prepare(self) -> None:
        project = build("2024.2", self.folder / "project")
        with self.cluster.connect("postgres") as session:
            create_roles(session, (LOGIN,))
            create_database(session, TEMPLATE, owner=LOGIN.name)
        (project / f"{SETTINGS}.py").write_text(ALONE)
        migrate = [sys.executable, "-m", "django", "migrate", "--pythonpath", str(project)]
        self._run(TEMPLATE, [*migrate, "--settings", SETTINGS], folder=project)
        self._write_data()
        described = Project(root=project, python=sys.executable, settings=SETTINGS, alias="default")
        with Describer(described) as describer:
            self.models = describer.models()
            config = Config(seed=Seed(data=str(self.folder / "data")))
            specs = chosen(["bank_sort_codes"], kind="sandbox")
            found = material(config, self.models, specs)
            now = datetime.now(UTC)
            write(self.folder / "fixtures", found, self.models, describer, now=now)

    def _write_data(self) -> None:
        """As many branches as are wanted, spread over our banks."""
        banks = [row.values["prefix"] for row in read(SPECS, None)["banks"].rows]
        lines = "".join(
            f"{banks[n % len(banks)]}{n // len(banks):04} | {banks[n % len(banks)]} | Branch {n}\n"
            for n in range(BRANCHES)
        )
        head = 'standing = "default"\nsource = "made up"\ncolumns = ["code", "bank", "name"]'
        (self.folder / "data").mkdir()
        text = f"{head}\nlines = '''\n{lines}'''\n"
        (self.folder / "data/bank_branches.toml").write_text(text)

    def sample(self, side: str) -> dict[str, Any]:
        """One process on a new empty HRMS."""
        self.databases += 1
        name = f"bench_{self.databases}"
        with self.cluster.connect("postgres") as session:
            copy = f"CREATE DATABASE {name} TEMPLATE {TEMPLATE} OWNER {LOGIN.name}"
            session.execute(copy.encode())
        found = self._run(name, [sys.executable, "-m", "benchmarks.seed_sides", side])
        with self.cluster.connect("postgres") as session:
            session.execute(f"DROP DATABASE {name}".encode())
        told: dict[str, Any] = json.loads(found)
        return told

    def _run(self, database: str, command: list[str], *, folder: Path | None = None) -> str:
        login = {"user": LOGIN.name, "password": LOGIN.password}
        target = {"host": "127.0.0.1", "port": self.cluster.port, "database": database, **login}
        facts: dict[str, Any] = {"target": {**target, "application_name": "hrmsops benchmark"}}
        if folder is None:
            facts |= {name: str(self.folder / name) for name in ("project", "fixtures", "data")}
            facts["models"] = msgspec.to_builtins(self.models)
        ended = subprocess.run(
            command,
            cwd=folder,
            env=os.environ
            | {
                BENCH: json.dumps(facts),
                "DB_HOST": "127.0.0.1",
                "PGPORT": str(self.cluster.port),
                "DB_NAME": database,
                "DB_USER": LOGIN.name,
                "DB_PASSWORD": LOGIN.password,
            },
            capture_output=True,
            text=True,
            check=False,
        )
        if ended.returncode:
            sys.exit(f"{' '.join(command)} exited {ended.returncode}: {ended.stderr[-800:]}")
        return ended.stdout


def measured(of: Bench, *, pairs: int) -> list[Row]:
    """Time, log and memory of both runs; ends the benchmark where the second one wrote a row."""
    of.sample("ours"), of.sample("peer")
    samples = [(of.sample("ours"), of.sample("peer")) for _ in range(pairs)]
    if any(not ours["second"]["is_unwritten"] for ours, _ in samples):
        sys.exit("The second seed wrote rows.")

    def figures(run: str, name: str, unit: float = 1) -> list[tuple[float, float]]:
        return [(o[run][name] / unit, p[run][name] / unit) for o, p in samples]

    peaks = [(o["peak_bytes"] / 2**20, p["peak_bytes"] / 2**20) for o, p in samples]
    limits = [(ours, float(MEMORY_GOAL_MIB)) for ours, _ in peaks]
    what = f"{BRANCHES:,} rows"
    return [
        harness.row(f"{what} into nothing", "s", figures("first", "seconds"), goal=GOAL),
        harness.row(f"{what} once more", "s", figures("second", "seconds"), goal=GOAL),
        harness.row("WAL into nothing", "MiB", figures("first", "wal_bytes", 2**20), goal=None),
        harness.row("WAL once more", "MiB", figures("second", "wal_bytes", 2**20), goal=None),
        harness.row("memory beside loaddata", "MiB", peaks, goal=None),
        harness.row(f"memory beside {MEMORY_GOAL_MIB} MiB", "MiB", limits, goal=1.0),
    ]


@contextmanager
def bench() -> Iterator[Bench]:
    """A server and a project in a folder of their own, gone afterwards."""
    account = ServerAccount.of_this_process()
    with tempfile.TemporaryDirectory(prefix="hrmsops-bench-") as folder:
        wanted = Path(folder) / "clusters"
        cluster = Cluster(
            account.folder_for(wanted) / "seed",
            binaries=find_binaries(account),
            account=account,
            password="only the benchmark knows",
        )
        try:
            cluster.create(timeout_seconds=60)
            made = Bench(cluster, Path(folder))
            made.prepare()
            yield made
        finally:
            cluster.destroy()
            remove_stand_in(wanted)


def main(words: list[str]) -> int:
    """Measure in turn, report, and exit 1 where a goal was missed."""
    asked = harness.options(words)
    with bench() as of:
        found = measured(of, pairs=PAIRS_QUICK if asked.quick else PAIRS)
    return harness.report("seed", found, as_json=asked.json)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
