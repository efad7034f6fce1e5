"""The longest that a reader waits while a migration waits for a blocker: ours, and Django's own.

A report holds the table for 2.5 s. Django's `migrate` runs under the guide's timeouts (30 s a
statement, 10 s a lock), and so does the agent of `hrmsops migrate`; each adds a column to a table
of its own database, in turn, while a reader asks for one row again and again.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import psycopg

from benchmarks import harness
from hrmsops.django.bridge import Agent, Limits, Login, Origin, Project
from hrmsops.postgres.binaries import find_binaries
from hrmsops.postgres.cluster import Cluster
from hrmsops.postgres.server_account import ServerAccount, remove_stand_in

GOAL = 0.25
BLOCKED_SECONDS = 2.5
ROWS = 100_000
PASSWORD = "only the benchmark knows"
LIMITS = Limits(statement=timedelta(seconds=30), lock=timedelta(seconds=10))
SETTINGS = """\
import os
SECRET_KEY = "unused"
INSTALLED_APPS = ["staff"]
USE_TZ = True
DATABASES = {"default": {
    "ENGINE": "django.db.backends.postgresql", "HOST": "127.0.0.1", "PORT": os.environ["DB_PORT"],
    "NAME": os.environ["DB_NAME"], "USER": "cloudsqladmin", "PASSWORD": os.environ["DB_PASSWORD"],
}}
"""
FIRST = """\
from django.db import migrations, models
class Migration(migrations.Migration):
    operations = [migrations.CreateModel("Person", [
        ("id", models.BigAutoField(primary_key=True)),
        ("name", models.TextField()),
    ])]
"""
SECOND = """\
from django.db import migrations, models
class Migration(migrations.Migration):
    dependencies = [("staff", "0001_initial")]
    operations = [migrations.AddField("person", "grade", models.IntegerField(null=True))]
"""


@dataclass
class Bench:
    """A server, a project of two migrations, and a database for each run of them."""

    cluster: Cluster
    project: Path
    databases: int = 0

    def ours(self) -> float:
        """With the agent; the longest wait of the reader in seconds."""
        name = self._database()
        agent = Agent(
            Project(root=self.project, python=sys.executable, settings="settings", alias="default"),
            Login(
                host="127.0.0.1",
                port=self.cluster.port,
                name=name,
                user="cloudsqladmin",
                password=PASSWORD,
                role="",
            ),
            limits=LIMITS,
            origin=Origin(run="bench", operator="bench", image="", commit=""),
            app_roles=(),
            lock=True,
            lock_wait=timedelta(seconds=5),
        )
        try:
            agent.ready(_unheard)
            [pending] = agent.ask("plan", _unheard, app=None, to=None)["migrations"]
            with self._stall(name) as stall:
                agent.ask(
                    "apply",
                    _unheard,
                    app="staff",
                    name="0002_grade",
                    fingerprint=pending["fingerprint"],
                    plan=[["staff", "0002_grade"]],
                    repeat=False,
                )
        finally:
            agent.close()
        return stall.longest

    def peer(self) -> float:
        """With Django's own `migrate` under the guide's timeouts."""
        name = self._database()
        with self._stall(name) as stall:
            self._manage(name, "migrate", PGOPTIONS="-c statement_timeout=30s -c lock_timeout=10s")
        return stall.longest

    def _database(self) -> str:
        self.databases += 1
        name = f"bench_{self.databases}"
        with self.cluster.connect("postgres") as session:
            session.execute(f"CREATE DATABASE {name}".encode())
        self._manage(name, "migrate", "staff", "0001")
        with self.cluster.connect(name) as session:
            rows = f"SELECT md5(n::text) FROM generate_series(1, {ROWS}) n"
            fill = f"INSERT INTO staff_person (name) {rows}"
            session.execute(fill.encode())
        return name

    def _manage(self, database: str, *words: str, **variables: str) -> None:
        subprocess.run(
            [sys.executable, "-m", "django", *words],
            cwd=self.project,
            env=os.environ
            | {
                "DJANGO_SETTINGS_MODULE": "settings",
                "PYTHONPATH": str(self.project),
                "DB_PORT": str(self.cluster.port),
                "DB_NAME": database,
                "DB_PASSWORD": PASSWORD,
            }
            | variables,
            capture_output=True,
            check=True,
        )

    @contextmanager
    def _stall(self, database: str) -> Iterator[Stall]:
        """Within, a report holds the table for a while and a reader reads."""
        stall = Stall(self.cluster, database)
        stall.begin()
        try:
            yield stall
        finally:
            stall.end()


class Stall:
    """A report in a transaction, and a reader beside it; `longest` in seconds."""

    def __init__(self, cluster: Cluster, database: str) -> None:
        self._cluster, self._database = cluster, database
        self._over, self.longest = threading.Event(), 0.0
        self._threads = [threading.Thread(target=each) for each in (self._hold, self._read)]
        self._ready = threading.Barrier(3)

    def begin(self) -> None:
        for thread in self._threads:
            thread.start()
        self._ready.wait(30)

    def end(self) -> None:
        self._over.set()
        for thread in self._threads:
            thread.join()

    def _session(self) -> psycopg.Connection[tuple[object, ...]]:
        return self._cluster.connect(self._database)

    def _hold(self) -> None:
        with self._session() as session, session.transaction():
            session.execute("SELECT count(*) FROM staff_person")
            self._ready.wait(30)
            time.sleep(BLOCKED_SECONDS)

    def _read(self) -> None:
        with self._session() as session:
            self._ready.wait(30)
            while not self._over.is_set():
                began = time.perf_counter()
                session.execute("SELECT name FROM staff_person WHERE id = 5")
                self.longest = max(self.longest, time.perf_counter() - began)
                time.sleep(0.002)


@contextmanager
def bench() -> Iterator[Bench]:
    """A server and a project in a folder of their own, gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="hrmsops-bench-") as folder:
        project = Path(folder) / "project"
        (project / "staff/migrations").mkdir(parents=True)
        for path, text in {
            "settings.py": SETTINGS,
            "staff/__init__.py": "",
            "staff/migrations/__init__.py": "",
            "staff/migrations/0001_initial.py": FIRST,
            "staff/migrations/0002_grade.py": SECOND,
        }.items():
            (project / path).write_text(text)
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
            # What the agent's run needs to find in the environment of the project's settings.
            os.environ.update(DB_PORT=str(cluster.port), DB_NAME="postgres", DB_PASSWORD=PASSWORD)
            yield Bench(cluster, project)
        finally:
            cluster.destroy()
            remove_stand_in(wanted)


def _unheard(_event: dict[str, object]) -> None:
    """The reader alone is measured."""


def main(words: list[str]) -> int:
    """Measure in turn, report, and exit 1 where the goal was missed."""
    chosen = harness.options(words)
    with bench() as made:
        pairs = [(made.ours(), made.peer()) for _ in range(2 if chosen.quick else 7)]
    found = [harness.row("longest read beside a blocker", "s", pairs, goal=GOAL)]
    longest = [(max(ours for ours, _ in pairs), max(peer for _, peer in pairs))]
    found.append(harness.row("the worst of all runs", "s", longest, goal=None))
    return harness.report("migrate_stall", found, as_json=chosen.json)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
