"""Labelled migrations: what hrmsops was built against, and what it had not seen."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

Label = Literal["danger", "warning", "safe"]
BASE = Path(__file__).parent / "base"
HEAD = """\
import uuid

import django.db.models.deletion
from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.operations import (
    AddConstraintNotValid,
    AddIndexConcurrently,
    RemoveIndexConcurrently,
    TrigramExtension,
    ValidateConstraint,
)
from django.db import migrations, models
from django.db.models import F, Q, Value
from django.db.models.functions import Lower, Now, Random
from django.contrib.postgres.functions import RandomUUID
from django.utils import timezone


"""


@dataclass(frozen=True, slots=True)
class Scenario:
    """One deploy: the bodies of its migrations, on top of the base's two apps.

    What stands before `operations` or `atomic` at the left margin is put before the class. `rows`
    are the rows to expect, as hrmsops.toml has them.
    """

    id: str
    label: Label
    bodies: tuple[str, ...]
    rows: tuple[tuple[str, int], ...] = ()

    def write(self, folder: Path) -> None:
        """The base and these migrations, as a checkout."""
        import shutil

        shutil.copytree(BASE, folder, dirs_exist_ok=True)
        before = "0001_initial"
        for number, body in enumerate(self.bodies, start=2):
            name = f"{number:04}_change"
            path = folder / "employees" / "migrations" / f"{name}.py"
            path.write_text(migration(body, before=before), encoding="utf-8")
            before = name
        if self.rows:
            lines = [f"{table} = {count}" for table, count in self.rows]
            text = "\n".join(["[safety.expected_rows]", *lines, ""])
            (folder / "hrmsops.toml").write_text(text, encoding="utf-8")


def migration(body: str, *, before: str) -> str:
    """The text of a migration from the body of its class, and what the body needs."""
    lines = body.strip("\n").splitlines()
    starts = ("operations", "atomic", "initial")
    first = next(n for n, line in enumerate(lines) if line.startswith(starts))
    head, own = (
        "\n".join(lines[:first]),
        "\n".join(f"    {line}" if line else "" for line in lines[first:]),
    )
    dependencies = f'    dependencies = [("employees", "{before}")]\n'
    return f"{HEAD}{head}\n\n\nclass Migration(migrations.Migration):\n{dependencies}{own}\n"


def one(name: str, label: Label, *bodies: str, rows: Iterable[tuple[str, int]] = ()) -> Scenario:
    """A scenario; a body without `operations` is the list of them."""
    return Scenario(name, label, tuple(_whole(each) for each in bodies), tuple(rows))


def _whole(body: str) -> str:
    text = body.strip("\n")
    return text if "operations = " in text else f"operations = [\n{text}\n]"
