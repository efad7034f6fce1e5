"""The longest that anyone waits while a migration runs: as `check --fix` writes it, and as it was.

The guide's Patterns 1, 2 and 4 on a table of 1,000,000 rows, applied by Django's own `migrate`. A
reader and a writer, which know only the old columns, go on meanwhile; what fails is counted too.
"""

from __future__ import annotations

import os
import random
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg

from benchmarks import harness
from benchmarks.migrate_stall import PASSWORD, SETTINGS
from hrmsops.postgres.binaries import find_binaries
from hrmsops.postgres.cluster import Cluster
from hrmsops.postgres.server_account import ServerAccount, remove_stand_in

ALLOWED_SECONDS = 0.5
ROWS, FEWER_ROWS = 1_000_000, 100_000
CONFIG = f"[safety.expected_rows]\nstaff_person = {ROWS}\n"
FIRST = """\
from django.db import migrations, models
class Migration(migrations.Migration):
    operations = [migrations.CreateModel("Person", [
        ("id", models.BigAutoField(primary_key=True)),
        ("name", models.TextField()),
        ("team", models.IntegerField(null=True)),
    ])]
"""
SECOND = """\
from django.db import migrations, models
class Migration(migrations.Migration):
    dependencies = [("staff", "0001_initial")]
    operations = [
        {operation},
    ]
"""
PATTERNS = {
    "1 index": (
        'migrations.AddIndex("person", models.Index(fields=["name"], name="person_name"))',
        [],
    ),
    "2 new NOT NULL": (
        'migrations.AddField("person", "status", models.CharField(max_length=9, default="on"))',
        ["--target-django", "5.2"],
    ),
    "2 NULLs filled": (
        'migrations.AlterField("person", "team", models.IntegerField(default=0))',
        [],
    ),
    "4 rename": (
        'migrations.RenameField("person", "name", "full_name")',
        ["--fix=expand"],
    ),
}


@dataclass(frozen=True)
class Seen:
    """What reader and writer met: the longest wait of either in seconds, and what failed."""

    longest: float
    failed: int


class Others:
    """A reader and a writer of the old revision, until they are told to end."""

    def __init__(self, cluster: Cluster, database: str, rows: int) -> None:
        self._cluster, self._database, self._rows = cluster, database, rows
        self._over = threading.Event()
        self._longest = [0.0, 0.0]
        self._failed = [0, 0]
        acts = (self._read, self._write)
        self._threads = [
            threading.Thread(target=self._go_on, args=(number, act))
            for number, act in enumerate(acts)
        ]

    def __enter__(self) -> Others:
        for thread in self._threads:
            thread.start()
        time.sleep(0.5)  # They are at work before the migration begins.
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        for thread in self._threads:
            thread.join()

    @property
    def seen(self) -> Seen:
        return Seen(max(self._longest), sum(self._failed))

    def _go_on(self, number: int, act: object) -> None:
        chance = random.Random(number)
        with self._cluster.connect(self._database) as session:
            while not self._over.is_set():
                began = time.perf_counter()
                try:
                    act(session, chance.randint(1, self._rows))  # type: ignore[operator]
                except psycopg.Error:
                    self._failed[number] += 1
                waited = time.perf_counter() - began
                self._longest[number] = max(self._longest[number], waited)
                time.sleep(0.005)

    def _read(self, session: psycopg.Connection[tuple[object, ...]], key: int) -> None:
        session.execute("SELECT id, name, team FROM staff_person WHERE id = %s", (key,))

    def _write(self, session: psycopg.Connection[tuple[object, ...]], key: int) -> None:
        session.execute("UPDATE staff_person SET name = 'new' WHERE id = %s", (key,))
        session.execute("INSERT INTO staff_person (name, team) VALUES ('more', 1)")


@dataclass
class Bench:
    """A server, and for each pattern a project as it was and as it was rewritten."""

    cluster: Cluster
    folder: Path
    rows: int
    count: int = 0

    def seen(self, operation: str, words: list[str], *, is_fixed: bool) -> Seen:
        """Apply the pattern to a new database while others work."""
        self.count += 1
        project = self._project(operation, f"project-{self.count}")
        if is_fixed:
            fix = ["check", "--fix", "--only", "staff.0002_change", *words]
            command = [sys.executable, "-m", "hrmsops", *fix]
            subprocess.run(command, cwd=project, capture_output=True, check=True)
        database = f"bench_{self.count}"
        with self.cluster.connect("postgres") as session:
            session.execute(f"CREATE DATABASE {database} TEMPLATE filled".encode())
        with Others(self.cluster, database, self.rows) as others:
            self.migrate(project, database)
        return others.seen

    def fill(self) -> None:
        """The database that the others are copies of."""
        with self.cluster.connect("postgres") as session:
            session.execute(b"CREATE DATABASE filled")
        self.migrate(self._project(PATTERNS["1 index"][0], "filled"), "filled", "staff", "0001")
        with self.cluster.connect("filled") as session:
            rows = f"SELECT md5(n::text) FROM generate_series(1, {self.rows}) n"
            session.execute(f"INSERT INTO staff_person (name) {rows}".encode())
            session.execute(b"VACUUM ANALYZE staff_person")

    def _project(self, operation: str, name: str) -> Path:
        project = self.folder / name
        (project / "staff/migrations").mkdir(parents=True)
        for path, text in {
            "settings.py": SETTINGS,
            "hrmsops.toml": CONFIG,
            "staff/__init__.py": "",
            "staff/migrations/__init__.py": "",
            "staff/migrations/0001_initial.py": FIRST,
            "staff/migrations/0002_change.py": SECOND.format(operation=operation),
        }.items():
            (project / path).write_text(text)
        who = ("-c", "user.name=bench", "-c", "user.email=bench@nhia.example")
        for words in (("init", "-q"), ("add", "."), ("commit", "-qm", "before")):
            subprocess.run(["git", *who, *words], cwd=project, check=True, capture_output=True)
        return project

    def migrate(self, project: Path, database: str, *words: str) -> None:
        subprocess.run(
            [sys.executable, "-m", "django", "migrate", *words],
            cwd=project,
            env=os.environ
            | {
                "DJANGO_SETTINGS_MODULE": "settings",
                "PYTHONPATH": str(project),
                "DB_PORT": str(self.cluster.port),
                "DB_NAME": database,
                "DB_PASSWORD": PASSWORD,
            },
            capture_output=True,
            check=True,
        )


@contextmanager
def bench(rows: int) -> Iterator[Bench]:
    """A server and projects in a folder of their own, gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="hrmsops-bench-") as folder:
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
            made = Bench(cluster, Path(folder), rows)
            made.fill()
            yield made
        finally:
            cluster.destroy()
            remove_stand_in(wanted)


def main(words: list[str]) -> int:
    """Measure each pattern in both forms, report, and exit 1 where anyone waited too long."""
    chosen = harness.options(words)
    found = []
    with bench(FEWER_ROWS if chosen.quick else ROWS) as made:
        for name, (operation, more) in PATTERNS.items():
            safe = made.seen(operation, more, is_fixed=True)
            plain = made.seen(operation, more, is_fixed=False)
            allowed = [(safe.longest, ALLOWED_SECONDS)]
            found += [
                harness.row(f"{name}: of 500 ms", "s", allowed, goal=1.0),
                harness.row(
                    f"{name}: of the original", "s", [(safe.longest, plain.longest)], goal=None
                ),
                harness.row(
                    f"{name}: failures + 1", "", [(safe.failed + 1, plain.failed + 1)], goal=None
                ),
            ]
    return harness.report("fix_stalls", found, as_json=chosen.json)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
