"""Whether git could give files back as they are: asked before they are written anew."""

from __future__ import annotations

import subprocess
from collections.abc import Iterable
from pathlib import Path

TIMEOUT_SECONDS = 30


def not_committed(files: Iterable[Path]) -> list[tuple[Path, str]]:
    """The files that git could not give back, each with the reason."""
    found: list[tuple[Path, str]] = []
    for file in files:
        where = file.resolve().parent
        if _git(where, "rev-parse", "--is-inside-work-tree") is None:
            found.append((file, "it is in no git checkout"))
        elif not _git(where, "ls-files", "--", file.name):
            found.append((file, "git does not know it"))
        elif _git(where, "status", "--porcelain", "--", file.name) != "":
            found.append((file, "it has changes that are not committed"))
    return found


def _git(folder: Path, *words: str) -> str | None:
    try:
        ended = subprocess.run(
            ["git", *words],
            cwd=folder,
            capture_output=True,
            text=True,
            timeout=TIMEOUT_SECONDS,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return None if ended.returncode else ended.stdout.strip()
