"""From files to data: migrations as they are written, without importing anything of the project."""

from __future__ import annotations

from pathlib import Path

from hrmsops.safety.operations import Migration
from hrmsops.safety.reader.files import folders
from hrmsops.safety.reader.migrations import migrations_of
from hrmsops.safety.reader.project import Project


def read(path: Path) -> list[Migration]:
    """Every migration at or below a path."""
    start = path if path.is_dir() else path.parent
    found = folders(start)
    roots = dict.fromkeys([*(each.root for each in found), start, start.parent])
    project = Project(tuple(roots))
    return [migration for each in found for migration in migrations_of(each, project)]
