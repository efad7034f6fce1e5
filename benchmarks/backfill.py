"""A backfill of many rows: ours, one UPDATE of all of them, and the guide's loop, in turn.

Every run is of a copy of the same database, 100 writes a second go on beside it, and how long each
of them waits is measured. `--quick` takes a tenth of the rows. The sides are whole processes of
the same Django project, so its start counts for each.
"""

from __future__ import annotations

import os
import random
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from benchmarks import harness
from benchmarks.unarchived import forget_archive
from hrmsops.postgres.binaries import find_binaries
from hrmsops.postgres.cluster import Cluster
from hrmsops.postgres.server_account import ServerAccount, remove_stand_in

ROWS, ROWS_QUICK = 2_000_000, 200_000
PASSWORD = "only the benchmark knows"
GOAL_HOT, GOAL_INDEXED, GOAL_LOOP = 1 / 1.5, 1 / 0.6, 1.0
GROWTH_MAX, WAIT_MS_MAX, MEMORY_MIB_MAX = 1.2, 150.0, 150.0
VICTIM_SECONDS = 0.01
SETTINGS = """\
import os
SECRET_KEY = "unused"
INSTALLED_APPS = ["staff", "hrmsops.backfill"]
USE_TZ = True
DATABASES = {"default": {
    "ENGINE": "django.db.backends.postgresql", "HOST": "127.0.0.1", "PORT": os.environ["DB_PORT"],
    "NAME": os.environ["DB_NAME"], "USER": "cloudsqladmin", "PASSWORD": os.environ["DB_PASSWORD"],
}}
"""
MODELS = """\
from django.db import models
class Person(models.Model):
    id = models.BigAutoField(primary_key=True)
    name = models.CharField(max_length=40, db_index=True)
    number = models.CharField(max_length=20, db_index=True)
    hired = models.DateField(db_index=True)
    code = models.IntegerField(default=0, db_index=True)
    grade = models.IntegerField(null=True)
    notes = models.TextField()
"""
FILL = """
INSERT INTO staff_person (name, number, hired, code, notes)
SELECT md5(n::text), 'S' || n, date '2000-01-01' + n % 8000, 0, repeat('x', 40)
FROM generate_series(1, {rows}) n
"""
UPDATE = "from staff.models import Person; Person.objects.update({field}=1)"
LOOP = """\
import time
from staff.models import Person
batch_size, last_pk = 1000, 0
while True:
    rows = Person.objects.filter(pk__gt=last_pk).order_by("pk")
    batch = list(rows.values_list("pk", flat=True)[:batch_size])
    if not batch:
        break
    Person.objects.filter(pk__in=batch).update({field}=1)
    last_pk = batch[-1]
"""


@dataclass(frozen=True)
class Seen:
    """One run: the process, how large the table is afterwards, the longest wait beside it."""

    sample: harness.Sample
    growth: float
    wait_ms: float


class Bench:
    """A server with a filled database, and a copy of it for each run."""

    def __init__(self, cluster: Cluster, project: Path, rows: int) -> None:
        self._cluster, self._project, self._rows, self._copies = cluster, project, rows, 0
        with cluster.connect("postgres") as session:
            session.execute("CREATE DATABASE filled")
        self._manage("filled", "migrate", "--run-syncdb")
        with cluster.connect("filled") as session:
            session.execute(FILL.format(rows=rows).encode())
            session.execute("VACUUM ANALYZE staff_person")
            session.execute("CHECKPOINT")

    def ours(self, field: str) -> Seen:
        words = ("--model", "staff.Person", "--field", field, "--value", "1")
        return self._run(("backfill_data", *words), field)

    def update(self, field: str) -> Seen:
        return self._run(("shell", "-c", UPDATE.format(field=field)), field)

    def loop(self, field: str) -> Seen:
        return self._run(("shell", "-c", LOOP.format(field=field)), field)

    def _run(self, words: Sequence[str], field: str) -> Seen:
        """On a fresh copy, with writers beside it; every row has its value afterwards."""
        self._copies += 1
        name = f"copy_{self._copies}"
        with self._cluster.connect("postgres") as session:
            session.execute(f"CREATE DATABASE {name} TEMPLATE filled".encode())
        before = self._size(name)
        with self._victim(name) as waits:
            sample = harness.run(
                [sys.executable, "-m", "django", *words],
                environment=self._environment(name),
                folder=self._project,
            )
        growth = self._size(name) / before
        with self._cluster.connect(name) as session:
            asked = f"SELECT count(*) FROM staff_person WHERE {field} IS DISTINCT FROM 1"
            assert session.execute(asked.encode()).fetchone() == (0,)
        with self._cluster.connect("postgres") as session:
            session.execute(f"DROP DATABASE {name} WITH (FORCE)".encode())
        return Seen(sample=sample, growth=growth, wait_ms=max(waits) * 1000)

    def _size(self, name: str) -> int:
        with self._cluster.connect(name) as session:
            row = session.execute("SELECT pg_table_size('staff_person')").fetchone()
        assert row
        assert isinstance(row[0], int)
        return row[0]

    def _manage(self, database: str, *words: str) -> None:
        command = [sys.executable, "-m", "django", *words]
        environment = self._environment(database)
        subprocess.run(command, cwd=self._project, env=environment, capture_output=True, check=True)

    def _environment(self, database: str) -> dict[str, str]:
        return os.environ | {
            "DJANGO_SETTINGS_MODULE": "settings",
            "PYTHONPATH": f"{self._project}{os.pathsep}{Path(__file__).parents[1]}",
            "DB_PORT": str(self._cluster.port),
            "DB_NAME": database,
            "DB_PASSWORD": PASSWORD,
        }

    @contextmanager
    def _victim(self, database: str) -> Iterator[list[float]]:
        """Within, a user changes a row a hundred times a second; how long each took."""
        over, waits = threading.Event(), [0.0]

        def write() -> None:
            chance = random.Random(5)
            with self._cluster.connect(database) as session:
                while not over.wait(VICTIM_SECONDS):
                    key = chance.randrange(1, self._rows)
                    began = time.perf_counter()
                    session.execute("UPDATE staff_person SET notes = 'u' WHERE id = %s", [key])
                    waits.append(time.perf_counter() - began)

        thread = threading.Thread(target=write)
        thread.start()
        try:
            yield waits
        finally:
            over.set()
            thread.join()


@contextmanager
def bench(rows: int) -> Iterator[Bench]:
    """A server and a project in a folder of their own, gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="hrmsops-bench-") as folder:
        project = Path(folder) / "project"
        (project / "staff").mkdir(parents=True)
        (project / "staff/__init__.py").touch()
        (project / "staff/models.py").write_text(MODELS)
        (project / "settings.py").write_text(SETTINGS)
        account = ServerAccount.of_this_process()
        wanted = Path(folder) / "clusters"
        cluster = Cluster(
            account.folder_for(wanted) / "bench",
            binaries=find_binaries(account),
            account=account,
            password=PASSWORD,
        )
        try:
            cluster.create(timeout_seconds=60)
            forget_archive(cluster)
            yield Bench(cluster, project, rows)
        finally:
            cluster.destroy()
            remove_stand_in(wanted)


def limit(
    what: str, unit: str, found: Sequence[float], peer: Sequence[float], at: float
) -> harness.Row:
    """A figure of ours that has a limit of its own, whatever the peer's is."""
    worst = max(found)
    return harness.Row(
        what=what,
        unit=unit,
        ours=round(worst, 3),
        peer=round(max(peer), 3),
        ratio=round(worst / at, 3),
        goal=1.0,
        met=worst <= at,
    )


def compared(what: str, pairs: Sequence[tuple[Seen, Seen]], *, goal: float) -> list[harness.Row]:
    seconds = [(ours.sample.seconds, peer.sample.seconds) for ours, peer in pairs]
    ours, peers = [each for each, _ in pairs], [each for _, each in pairs]
    return [
        harness.row(what, "s", seconds, goal=round(goal, 2)),
        limit(
            f"{what}: table", "x", [s.growth for s in ours], [s.growth for s in peers], GROWTH_MAX
        ),
        limit(
            f"{what}: wait", "ms", [s.wait_ms for s in ours], [s.wait_ms for s in peers],
            WAIT_MS_MAX,
        ),
        limit(
            f"{what}: memory", "MiB", [s.sample.peak_bytes / 2**20 for s in ours],
            [s.sample.peak_bytes / 2**20 for s in peers], MEMORY_MIB_MAX,
        ),
    ]  # fmt: skip


def main(words: list[str]) -> int:
    """Measure in turn, report, and exit 1 where a goal was missed."""
    chosen = harness.options(words)
    pairs = 1 if chosen.quick else 3
    with bench(ROWS_QUICK if chosen.quick else ROWS) as made:
        hot = [(made.ours("grade"), made.update("grade")) for _ in range(pairs)]
        indexed = [(made.ours("code"), made.update("code")) for _ in range(pairs)]
        loop = [(made.ours("grade"), made.loop("grade")) for _ in range(1 if chosen.quick else 2)]
    found = compared("in no index, by one UPDATE", hot, goal=GOAL_HOT)
    found += compared("in an index, by one UPDATE", indexed, goal=GOAL_INDEXED)
    found += compared("in no index, by the loop", loop, goal=GOAL_LOOP)[:1]
    return harness.report("backfill", found, as_json=chosen.json)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
