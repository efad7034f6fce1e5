"""Which migrations a branch adds: asked of git."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path

from hrmsops.errors.safety import RevisionNotFound
from hrmsops.safety.operations import Migration

TIMEOUT_SECONDS = 30


def added_since(revision: str, path: Path) -> Callable[[Migration], bool]:
    """Whether a migration is new or changed since `revision`, also where it is not committed."""
    folder = path if path.is_dir() else path.parent
    top = Path(_git(folder, revision, "rev-parse", "--show-toplevel").strip())
    base = _git(folder, revision, "merge-base", revision, "HEAD").strip()
    changed = _git(top, revision, "diff", "--name-only", "-z", "--diff-filter=d", base)
    untracked = _git(top, revision, "ls-files", "-z", "--others", "--exclude-standard")
    files = {(top / each).resolve() for each in f"{changed}\0{untracked}".split("\0") if each}
    return lambda migration: Path(migration.path).resolve() in files


def _git(folder: Path, revision: str, *words: str) -> str:
    try:
        ended = subprocess.run(
            ["git", *words],
            cwd=folder,
            capture_output=True,
            text=True,
            timeout=TIMEOUT_SECONDS,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise RevisionNotFound(revision=revision, problem=str(error)) from error
    if ended.returncode:
        problem = (ended.stderr.strip().splitlines() or ["git gave no reason"])[0]
        raise RevisionNotFound(revision=revision, problem=problem)
    return ended.stdout
