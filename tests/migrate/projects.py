"""Small Django projects, written for a test."""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass
from pathlib import Path
from textwrap import dedent, indent

from hrmsops.django.bridge import Project

PYTHON = os.environ.get("HRMSOPS_TEST_PYTHON", sys.executable)
"""Has the Django that is tried: see the nox session `versions`."""
SETTINGS = """\
SECRET_KEY = "unused"
INSTALLED_APPS = {apps!r}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
USE_TZ = True
DATABASES = {{
    "default": {{
        "ENGINE": "django.db.backends.postgresql",
        "HOST": "nowhere.invalid",
        "NAME": "another",
        "OPTIONS": {{"options": "-c statement_timeout=7000 -c search_path=hrms,public"}},
    }}
}}
"""
MIGRATION = """\
from django.contrib.postgres.operations import *
from django.db import migrations, models
from django.db.migrations import *
{before}

class Migration(migrations.Migration):
    atomic = {atomic}
    dependencies = {dependencies!r}
    operations = [
{operations}
    ]
"""
PEOPLE = """
CreateModel("Person", [
    ("id", models.BigAutoField(primary_key=True)),
    ("name", models.CharField(max_length=40)),
    ("grade", models.IntegerField(default=0)),
]),
"""

DEMANDS_TLS = """
DATABASES["default"].setdefault("OPTIONS", {})["sslmode"] = "require"
"""
TELLS = """
def tells(apps, schema_editor):
    raise RuntimeError(repr(schema_editor.connection.settings_dict))
"""
TELLER = """
from django.apps import AppConfig
from django.conf import settings
class Teller(AppConfig):
    name = "teller"
    def ready(self):
        raise RuntimeError("Not with " + settings.DATABASES["default"]["PASSWORD"])
"""


@dataclass
class Source:
    """A project of one app, `staff`, whose migrations are added one by one."""

    root: Path
    alias: str = "default"

    def __post_init__(self) -> None:
        (self.root / "staff/migrations").mkdir(parents=True)
        for name in ("staff/__init__.py", "staff/models.py", "staff/migrations/__init__.py"):
            (self.root / name).touch()
        self.settings()
        self._last = ""
        self.add("0001_initial", PEOPLE)

    def settings(self, *apps: str, more: str = "") -> None:
        text = SETTINGS.format(apps=["staff", *apps]) + more
        (self.root / "settings.py").write_text(text)

    def models(self, text: str) -> None:
        (self.root / "staff/models.py").write_text("from django.db import models\n" + dedent(text))

    def add(
        self,
        name: str,
        operations: str,
        *,
        atomic: bool = True,
        before: str = "",
        after: str = "",
    ) -> None:
        """The next migration of `staff`, or one that comes `after` an earlier one."""
        last = after or self._last
        dependencies = [("staff", last)] if last else []
        text = MIGRATION.format(
            before=dedent(before),
            atomic=atomic,
            dependencies=dependencies,
            operations=indent(dedent(operations), " " * 8),
        )
        (self.root / f"staff/migrations/{name}.py").write_text(text)
        self._last = name

    def squash(self, name: str, replaces: list[str], more: str) -> None:
        """The same in one, beside those that it stands for."""
        text = MIGRATION.format(
            before="",
            atomic=True,
            dependencies=[],
            operations=indent(dedent(PEOPLE + more), " " * 8),
        )
        replaced = [("staff", each) for each in replaces]
        text += f"    replaces = {replaced!r}\n"
        (self.root / f"staff/migrations/{name}.py").write_text(text)

    @property
    def project(self) -> Project:
        return Project(root=self.root, python=PYTHON, settings="settings", alias=self.alias)
