"""`init --scripts`: the guide's own names, so that what calls them by those goes on."""

from __future__ import annotations

from pathlib import Path

from hrmsops.commands.init_file import django_of
from hrmsops.commands.init_repository import Asked
from hrmsops.config import Config
from hrmsops.scaffold.files import Wanted
from hrmsops.scaffold.scripts import BACKFILL_PATH, backfill_command, scripts


def asked_for(loaded: Config, root: Path) -> Asked:
    """The guide's scripts for the repository at `root`."""
    backfill, note = _backfill(loaded, root)
    return Asked(
        root=root,
        wanted=(*scripts(), *backfill),
        notes=(note,) if note else (),
        next_command="python scripts/migration/check-migration-safety.py",
    )


def _backfill(loaded: Config, root: Path) -> tuple[tuple[Wanted, ...], str]:
    """`backfill_data` where it belongs, or a word on why it is left out."""
    project = _project(loaded, root)
    if project is None:
        return (), f"{BACKFILL_PATH} was left out: no manage.py was found."
    if not project.is_relative_to(root):
        return (), f"{BACKFILL_PATH} was left out: {project} is outside of {root}."
    if not (project / "core/__init__.py").is_file():
        return (), f"{BACKFILL_PATH} was left out: {project} has no app core."
    return tuple(backfill_command(project, below=root)), ""


def _project(loaded: Config, root: Path) -> Path | None:
    """The folder with manage.py: as configured, else as it is found."""
    if loaded.django:
        return (loaded.folder / loaded.django.root).resolve()
    found = django_of(root)
    return root / found["root"] if found else None
