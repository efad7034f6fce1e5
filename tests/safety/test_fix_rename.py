"""A rename that `check --fix` turns into a new name over the old column."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.command_line import environment, hrmsops
from tests.migrate.projects import Source
from tests.safety.test_check_command import git

LITE = '\nDATABASES = {"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}}\n'
MODELS = """
class Person(models.Model):
    id = models.BigAutoField(primary_key=True)
    full_name = models.CharField(
        max_length=40,
    )
    grade = models.IntegerField(default=0)
"""
INITIAL = """
migrations.CreateModel(
    name="Person",
    fields=[
        ("id", models.BigAutoField(primary_key=True, serialize=False)),
        ("name", models.CharField(max_length=40)),
        ("grade", models.IntegerField(default=0)),
    ],
),
"""
RENAME = 'migrations.RenameField("person", "name", "full_name"),\n'


@pytest.fixture
def renamed(tmp_path: Path) -> Path:
    """A committed project whose second migration renames a field."""
    source = Source(tmp_path / "project")
    source.settings(more=LITE)
    source.models(MODELS)
    for name, operations, after in (
        ("0001_initial", INITIAL, ""),
        ("0002_rename", RENAME, "0001_initial"),
    ):
        source.add(name, operations, after=after)
        path = source.root / f"staff/migrations/{name}.py"
        text = path.read_text("utf-8").replace("from django.db.migrations import *\n", "")
        if not after:
            text = text.replace("[('staff', '0001_initial')]", "[]")
        path.write_text(text, encoding="utf-8")
    git(source.root, "init", "-q", "-b", "main")
    git(source.root, "add", ".")
    git(source.root, "commit", "-qm", "before")
    return source.root


def django(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "django", *words, "--settings", "settings"],
        cwd=folder,
        env=environment(PYTHONPATH=str(folder), PYTHONDONTWRITEBYTECODE="1"),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_the_field_gets_its_name_and_the_column_keeps_its_own(renamed: Path) -> None:
    fixed = hrmsops("check", "--fix", "--only", "staff.0002_rename", cwd=renamed)

    assert fixed.code == 0, fixed.out + fixed.err
    assert 'db_column="name",\n    )' in (renamed / "staff/models.py").read_text("utf-8")
    again = django(renamed, "makemigrations", "--check", "--dry-run")
    assert (again.returncode, again.stdout.strip()) == (0, "No changes detected"), again.stderr
    sql = django(renamed, "sqlmigrate", "staff", "0002")
    assert sql.returncode == 0, sql.stderr
    assert "ALTER" not in sql.stdout


def test_a_field_that_is_not_in_the_models_is_left_with_the_line_that_it_needs(
    renamed: Path,
) -> None:
    models = renamed / "staff/models.py"
    models.write_text("from django.db import models\n", encoding="utf-8")
    git(renamed, "commit", "-qam", "elsewhere")

    fixed = hrmsops("check", "--fix", "--only", "staff.0002_rename", "--json", cwd=renamed)

    assert fixed.document["files"] == []
    whys = {each["why"] for each in fixed.document["left"]}
    assert whys == {
        'Person.full_name was not found in the app\'s models, where it needs db_column="name"'
    }
