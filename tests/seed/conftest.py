"""The HRMS in miniature in a database of its own for each test, and the engine that seeds it."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

import pytest

from hrmsops.config import Config
from hrmsops.config.seed_settings import Seed
from hrmsops.django.bridge import Project
from hrmsops.django.describing import Describer
from hrmsops.django.models import Models
from hrmsops.postgres.session import Target, connect
from hrmsops.sandbox.releases import build
from hrmsops.seed.catalogue import chosen
from hrmsops.seed.difference import Difference
from hrmsops.seed.material import material
from hrmsops.seed.seeding import Due, Origin, look, write_all
from tests.postgres.conftest import Server, ask, run, server

__all__ = ["server"]

PASSWORD_HASH = "made by no hasher"


@dataclass(frozen=True)
class Hrms:
    """The project, its models, and a database with its tables."""

    project: Project
    models: Models
    template: str


@pytest.fixture(scope="session")
def hrms(server: Server, tmp_path_factory: pytest.TempPathFactory) -> Hrms:
    """Built and migrated once for each worker."""
    root = build("2024.2", tmp_path_factory.mktemp("hrms") / "project")
    template = server.database()
    manage(root, server.target(template), "migrate", "--verbosity", "0")
    project = Project(root=root, python=sys.executable, settings="hrms.settings", alias="default")
    with Describer(project) as describer:
        return Hrms(project=project, models=describer.models(), template=template)


def manage(root: Path, target: Target, *words: str) -> str:
    """The project's own manage.py, as the application's role."""
    variables = {
        "DB_HOST": target.host,
        "PGPORT": str(target.port),
        "DB_NAME": target.database,
        "DB_USER": "hrms_app",
        "DB_PASSWORD": "secret-app",
    }
    ended = subprocess.run(
        [sys.executable, "manage.py", *words],
        cwd=root,
        env={**os.environ, **variables},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 0, ended.stderr
    return ended.stdout


@dataclass
class Place:
    """One database and whoever seeds it."""

    hrms: Hrms
    target: Target
    seed: Seed = field(default_factory=Seed)
    own: Mapping[str, str] = field(default_factory=dict)
    """Files of the project's own in place of ours, by table."""
    folder: Path = Path()
    runs: int = 0

    def due(self, *only: str, kind: str = "sandbox") -> list[Due]:
        """What is seeded, with what Django would be asked for."""
        for name, text in self.own.items():
            (self.folder / f"{name}.toml").write_text(text)
        from msgspec.structs import replace

        seed = replace(self.seed, data=str(self.folder)) if self.own else self.seed
        found = material(Config(seed=seed), self.hrms.models, chosen(only, kind=kind))
        made = []
        for name in found.due:
            mapped, rows = found.mapped[name], found.rows(name)
            values = {
                e.column: [PASSWORD_HASH if e.how == "password" else e.value] * len(rows)
                for e in mapped.fills
                if e.how in ("value", "password")
            }
            if mapped.called:
                with Describer(self.hrms.project) as describer:
                    called = describer.values(mapped.model, mapped.called, len(rows))
                values |= {e.column: called[e.field] for e in mapped.fills if e.how == "each"}
            made.append(Due(mapped=mapped, rows=rows, extra=values))
        return made

    def look(self, *only: str, overwrite: bool = False, kind: str = "sandbox") -> Found:
        """What would be written, and how many rows in each state."""
        with connect(self.target) as session:
            return Found(look(session, self.due(*only, kind=kind), overwrite=overwrite))

    def write(
        self,
        *only: str,
        overwrite: bool = False,
        kind: str = "sandbox",
        shown: Found | None = None,
        patience: float = 5,
    ) -> Found:
        """Write what is shown, or what there is now; what that was."""
        due = self.due(*only, kind=kind)
        self.runs += 1
        origin = Origin(
            run=f"261129-00000{self.runs}-beef",
            operator="oncall@nhia.example",
            environment="a-place",
            kind=kind,
            instance="pg-0001",
        )
        with connect(self.target) as session:
            found = shown or Found(look(session, due, overwrite=overwrite))
            write_all(
                session,
                due,
                origin,
                overwrite=overwrite,
                shown={each.table: each.digest for each in found.differences},
                patience=timedelta(seconds=patience),
                on_wait=lambda _: None,
            )
        return found

    def ask(self, query: str) -> list[tuple[object, ...]]:
        return ask(self.target, query)

    def run(self, statements: str) -> None:
        run(self.target, statements)


@dataclass(frozen=True)
class Found:
    """What a look found."""

    differences: Sequence[Difference]

    @property
    def counts(self) -> dict[str, dict[str, int]]:
        return {each.table: each.counts for each in self.differences}

    def states(self, table: str) -> dict[str, str]:
        """The state of each row that is not the same, by its key."""
        found = next(each for each in self.differences if each.table == table)
        return {each.key: each.state for each in found.changes}

    def fields(self, table: str, key: str) -> dict[str, tuple[str | None, str | None]]:
        found = next(each for each in self.differences if each.table == table)
        return next(each.fields for each in found.changes if each.key == key)


@pytest.fixture
def place(server: Server, hrms: Hrms, tmp_path: Path) -> Place:
    """An HRMS without any reference data."""
    target = server.target(server.database(like=hrms.template))
    return Place(hrms=hrms, target=target, folder=tmp_path)
