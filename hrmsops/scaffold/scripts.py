"""The guide's scripts under the guide's names, each a line that leads to hrmsops."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path, PurePosixPath

from hrmsops.scaffold.files import Wanted

CHECK = '''\
#!/usr/bin/env python3
"""The guide's name for `hrmsops check`, with the same options."""

import os
import sys

try:
    os.execvp("hrmsops", ["hrmsops", "check", *sys.argv[1:]])
except FileNotFoundError:
    print("hrmsops is not on the PATH: pip install hrmsops", file=sys.stderr)
    sys.exit(127)
'''
NOT_FOUND = """\
command -v hrmsops > /dev/null || {
  echo "hrmsops is not on the PATH: pip install hrmsops" >&2
  exit 127
}
"""
MIGRATE = f"""\
#!/bin/sh
# The guide's name for `hrmsops migrate`, with the same options; asks with --interactive alone.
{NOT_FOUND}\
yes=--yes
for word; do
  case "$word" in --interactive | -i) yes= ;; esac
done
exec hrmsops migrate ${{yes:+"$yes"}} "$@"
"""
SEED = f"""\
#!/bin/sh
# The guide's name for `hrmsops seed`, with the same options; asks where somebody can answer.
{NOT_FOUND}\
[ -t 0 ] && [ -t 2 ] || set -- --yes "$@"
exec hrmsops seed "$@"
"""
BACKFILL = '''\
"""The guide's framework: hrmsops's own, under the name that the guide imports it by."""

from hrmsops.backfill.management.commands.backfill_data import (
    Backfill,
    Command,
    backfill_registry,
)

__all__ = ["Backfill", "Command", "backfill_registry"]
'''
BACKFILL_PATH = PurePosixPath("core/management/commands/backfill_data.py")


def scripts() -> Iterator[Wanted]:
    """What is called from the repository's own folder."""
    for path, text in (
        ("scripts/migration/check-migration-safety.py", CHECK),
        ("scripts/migration/run-migrations.sh", MIGRATE),
        ("scripts/deployment/seed-production.sh", SEED),
    ):
        yield Wanted(path=PurePosixPath(path), text=text, is_executable=True)


def backfill_command(project: Path, *, below: Path) -> Iterator[Wanted]:
    """`backfill_data` of the project's app `core`, with the packages that it lies in."""
    folder = PurePosixPath(project.relative_to(below))
    for parent in reversed(BACKFILL_PATH.parents[:2]):
        if not (project / parent / "__init__.py").exists():
            yield Wanted(path=folder / parent / "__init__.py", text="")
    yield Wanted(path=folder / BACKFILL_PATH, text=BACKFILL)
