"""The HRMS in miniature with an app of the test's own, and the engineer who migrates it."""

from __future__ import annotations

import itertools
import json
import os
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hrmsops.safety.rules import all_rules
from hrmsops.sandbox.releases import build
from tests.command_line import Begun, Ended, on_path
from tests.engine.stores import BUCKET, make_bucket
from tests.rollback.estate import Recovery

MIGRATION = """\
from django.db import migrations
from django.db.migrations import RunPython, RunSQL
{before}

class Migration(migrations.Migration):
    atomic = {atomic}
    dependencies = {dependencies!r}
    operations = [{operations}]
"""
_numbers = itertools.count(1)


@dataclass
class Trial:
    """An app whose migrations are statements: no other test's, and without any model."""

    recovery: Recovery
    folder: Path

    def __post_init__(self) -> None:
        self.app = f"trial{os.getpid()}x{next(_numbers)}"
        self.project = build("2024.2", self.folder / "project")
        (self.project / self.app / "migrations").mkdir(parents=True)
        (self.project / self.app / "__init__.py").touch()
        (self.project / self.app / "migrations/__init__.py").touch()
        with (self.project / "hrms/settings.py").open("a") as settings:
            settings.write(f'\nINSTALLED_APPS += ["{self.app}"]\n')
        (self.folder / ".git").mkdir(exist_ok=True)  # Else a repository around.
        self.config = self.folder / "hrmsops.toml"
        self.configure()
        # What the check thinks of it is not what most of these tests are about.
        rules = [word for rule in all_rules() for word in ("--accept", rule)]
        self.accepted: tuple[str, ...] = (*rules, "--reason", "a trial")
        self._last = ""

    def configure(self, *, python: str = sys.executable) -> None:
        text = self.recovery.client.home.config.read_text()
        section = f'[django]\nroot = "project"\npython = "{python}"\nsettings = "hrms.settings"\n'
        self.config.write_text(f"{text}\n{section}")

    def share_the_record(self) -> None:
        """From now on it is in a bucket of the sandbox, under the app's name."""
        make_bucket(self.recovery.client, BUCKET)
        store = f'store = "gs://{BUCKET}/{self.app}"\nendpoint = '
        self.config.write_text(self.config.read_text().replace("endpoint = ", store))

    def add(self, name: str, operations: str, *, atomic: bool = True, before: str = "") -> str:
        """The next migration; its full name. `{app}` stands for the app's own name."""
        text = MIGRATION.format(
            before=before,
            atomic=atomic,
            dependencies=[(self.app, self._last)] if self._last else [],
            operations=operations.replace("{app}", self.app),
        )
        (self.project / self.app / f"migrations/{name}.py").write_text(text)
        self._last = name
        return f"{self.app}.{name}"

    def words(self, *more: str) -> tuple[str, ...]:
        ask = ("migrate", "-e", "production", "--config", str(self.config), "--app", self.app)
        return (*ask, *self.accepted, *more)

    def migrate(self, *more: str, **variables: str) -> Ended:
        """As CI types it."""
        return self.recovery.hrmsops(*self.words("--yes", "--json", *more), **variables)

    def guide(self, *more: str) -> Ended:
        """By the guide's script, as `init --scripts` writes it."""
        script = str(self.folder / "scripts/migration/run-migrations.sh")
        run = "import os, sys; os.execv(sys.argv[1], sys.argv[1:])"
        path = on_path(self.folder / "bin")
        return self.recovery.python("-c", run, script, *self.words(*more)[1:], PATH=path)

    def start(self, *more: str, **variables: str) -> Begun:
        return self.recovery.start(*self.words("--yes", "--json", *more), **variables)

    def resume(self, *more: str, **variables: str) -> Ended:
        ask = ("resume", "--json", "--config", str(self.config))
        return self.recovery.hrmsops(*ask, *more, **variables)

    def query(self, sql: str) -> list[tuple[Any, ...]]:
        return self.recovery.query(sql.replace("{app}", self.app))

    def applied(self) -> list[str]:
        """The app's migrations as Django knows them, in their order."""
        rows = self.query("SELECT name FROM django_migrations WHERE app = '{app}' ORDER BY id")
        return [str(row[0]) for row in rows]

    def ledger(self) -> list[tuple[Any, ...]]:
        """Name and outcome of each attempt; none where there is no ledger yet."""
        if self.query("SELECT to_regclass('hrmsops.migrations')::text") == [(None,)]:
            return []
        return self.query(
            "SELECT name, outcome FROM hrmsops.migrations WHERE app = '{app}' ORDER BY id"
        )

    def runs(self) -> list[dict[str, Any]]:
        told = self.recovery.hrmsops("runs", "--json")
        found: list[dict[str, Any]] = json.loads(told.out)["runs"]
        return found
