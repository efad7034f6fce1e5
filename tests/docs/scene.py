"""A production, a checkout and an engineer: where every line of the docs is typed."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import psycopg

from hrmsops.sandbox.blueprint import IMAGE, PRODUCTION
from hrmsops.sandbox.client import Client
from hrmsops.sandbox.estate import Estate
from hrmsops.sandbox.home import Home
from tests.command_line import ROOT, Ended, begin, ended, environment
from tests.docs.lines import commands, meaning

GIT = ("git", "-c", "user.name=e", "-c", "user.email=e@nhia.example", "-c", "commit.gpgsign=false")
SERVICE = "nhia-hrms-production-api"
COMMAND_SECONDS_MAX = 300


@dataclass(frozen=True)
class Typed:
    """One line of the docs, and what comes of it at this point of the story."""

    line: str
    adds: str = ""
    """What a script says where a person is asked, or in place of doing all of it."""
    exit: int = 0
    folder: str = "sandbox"
    run: str = ""
    """Whose id stands for RUN."""
    needs: str = ""
    """A program that not every machine has; where it is absent, the line is passed over."""
    keep: str = ""
    """The name under which the run that it began is known from then on."""

    @property
    def words(self) -> tuple[str, ...]:
        [words] = commands(self.line)
        return words

    @property
    def meaning(self) -> tuple[str, ...]:
        return meaning(self.words)


Act = Callable[["Scene"], None]
"""What others do in between."""


@dataclass
class Scene:
    """Everything is below one folder; the sandbox is the one that commands find by themselves."""

    root: Path
    values: dict[str, str] = field(default_factory=dict)
    """What stands for the words that a reader is to replace."""
    runs: dict[str, str] = field(default_factory=dict)
    deploys: int = 0

    @property
    def home(self) -> Home:
        return Home(self.root / "sandbox")

    @cached_property
    def client(self) -> Client:
        return Client.of(self.home)

    @property
    def checkout(self) -> Path:
        return self.root / "checkout"

    def environment(self, where: str = "production") -> dict[str, str]:
        """Of a shell in which the tutorial's two variables are exported."""
        passwords = self.home.root / "passwords.json"
        known = json.loads(passwords.read_text()) if passwords.exists() else {}
        instance = f"nhia-hrms-{where}-pg-0001"
        return environment(
            HRMSOPS_STATE_DIR=str(self.root),
            HRMSOPS_PASSWORD=known.get(f"{instance}/hrms_ops", ""),
            HRMSOPS_ADMIN_PASSWORD=known.get(f"{instance}/postgres", ""),
            HRMSOPS_TEST_ADMIN_PASSWORD="for the test administrator of staging",
            PYTHONPATH=str(ROOT),
        )

    def type(self, typed: Typed) -> None:
        """Type a line, and hold its end against what is expected."""
        if typed.needs and shutil.which(typed.needs) is None:
            print(f"passed over, since {typed.needs} is not here: {typed.line}")
            return
        [added] = commands(f"hrmsops {typed.adds}")
        own = {"RUN": self.runs.get(typed.run, "RUN")} | self.values
        words = [own.get(word, word) for word in (*typed.words[1:], *added[1:])]
        program = self.manage if typed.words[0] == "manage.py" else self.hrmsops
        ended = program(*words, folder=typed.folder)
        assert ended.code == typed.exit, (
            f"{typed.line} {typed.adds} {ended.code}\n{ended.out}{ended.err}"
        )
        if typed.keep:
            self.runs[typed.keep] = self.hrmsops("runs", "--json").document["runs"][0]["run"]

    def hrmsops(self, *words: str, folder: str = "sandbox") -> Ended:
        """A command line in a process of its own."""
        variables = self.environment("staging" if "staging" in words else "production")
        begun = begin(*words, cwd=self.root / folder, variables=variables)
        return ended(begun, seconds=COMMAND_SECONDS_MAX)

    def manage(self, *words: str, folder: str) -> Ended:
        """The project's own `manage.py`, where hrmsops.backfill is among the installed apps."""
        words_of_dsn = dict(word.split("=", 1) for word in dsn(self).split())
        done = subprocess.run(
            [sys.executable, "manage.py", *words],
            cwd=self.root / folder,
            env=environment(
                DJANGO_SETTINGS_MODULE="with_backfill",
                DB_HOST=words_of_dsn["host"],
                PGPORT=words_of_dsn["port"],
                DB_USER=words_of_dsn["user"],
                DB_PASSWORD=words_of_dsn["password"],
                PGOPTIONS="-c role=hrms_app",
            ),
            capture_output=True,
            text=True,
            check=False,
        )
        return Ended(code=done.returncode, out=done.stdout, err=done.stderr)

    def git(self, *words: str) -> None:
        subprocess.run([*GIT, *words], cwd=self.checkout, check=True, capture_output=True)


def a_checkout(scene: Scene) -> None:
    """The HRMS's repository: main is what is deployed, the branch has two migrations more."""
    scene.hrmsops("sandbox", "project", "--release", "2024.2", str(scene.checkout / "backend"))
    shutil.copy(scene.home.config, scene.checkout / "hrmsops.toml")
    scene.git("init", "-q", "-b", "main")
    scene.git("add", "-A")
    scene.git("commit", "-q", "-m", "2024.2")
    scene.git("update-ref", "refs/remotes/origin/main", "main")
    scene.git("switch", "-q", "-c", "branch")
    lossy = ROOT / "hrmsops/sandbox/hrms/overlays/2024.3-lossy/employees/migrations"
    migrations = scene.checkout / "backend"
    shutil.copy(lossy / "0003_tidy_up.py", migrations / "employees/migrations")
    (migrations / "payroll/migrations/0025_payslip_index.py").write_text(INDEX)
    scene.git("add", "-A")
    scene.git("commit", "-q", "-m", "an index, and tidied up")


INDEX = """
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("payroll", "0002_payslip_employee_period_index")]
    operations = [
        migrations.AddIndex("payslip", models.Index(fields=["created_at"], name="payslip_made")),
    ]
"""
AMOUNTS = """
from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("payroll", "0002_payslip_employee_period_index")]
    operations = [
        migrations.RunSQL(
            "UPDATE payroll_payslipline SET amount = amount * 2",
            "UPDATE payroll_payslipline SET amount = amount / 2",
        ),
    ]
"""


def doubled_amounts(scene: Scene) -> None:
    """The code at hand gets a migration that doubles what is paid."""
    project = scene.home.root / "project"
    (project / "payroll/migrations/0003_amounts.py").write_text(AMOUNTS)


def deployed(scene: Scene) -> None:
    """A colleague deploys the same code once more, by its digest as CI does."""
    digest = Estate(scene.client, environments=(PRODUCTION,), say=lambda _: None).add_image(
        "2024.2"
    )
    scene.deploys += 1
    template = scene.client.service(SERVICE)["template"]
    template.pop("revision", None)
    template["containers"][0]["image"] = f"{IMAGE}@{digest}"
    template["annotations"] = {"deploy": str(scene.deploys)}
    scene.client.patch_service(SERVICE, {"template": template}, mask="template")
    scene.values["$DIGEST"] = digest


def lost_rows(scene: Scene) -> None:
    """Somebody deletes payslip lines by hand."""
    with as_the_owner(scene) as session:
        session.execute("DELETE FROM payroll_payslipline WHERE id % 3 = 0")


def as_the_owner(scene: Scene) -> psycopg.Connection[tuple[Any, ...]]:
    """A session of the application's owner in production's database."""
    session = psycopg.connect(dsn(scene), autocommit=True)
    session.execute("SET ROLE hrms_app")
    return session


def dsn(scene: Scene) -> str:
    """How to log in to production's database, in libpq's words."""
    return Estate(scene.client, environments=(PRODUCTION,), say=lambda _: None).dsn(PRODUCTION)
