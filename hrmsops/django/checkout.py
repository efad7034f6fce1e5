"""Which commit the HRMS's code at hand is."""

from __future__ import annotations

import subprocess
from pathlib import Path

GIT_SECONDS_MAX = 10


def commit_of(root: Path) -> str:
    """The commit that is checked out, with `+changes` where it is not just that; "" without git."""
    head = _git(root, "rev-parse", "--short=12", "HEAD")
    if not head:
        return ""
    return head + ("+changes" if _git(root, "status", "--porcelain", ".") else "")


def _git(root: Path, *words: str) -> str:
    try:
        told = subprocess.run(
            ["git", "-C", str(root), *words],
            capture_output=True,
            text=True,
            timeout=GIT_SECONDS_MAX,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return told.stdout.strip() if told.returncode == 0 else ""
