"""Where the files with people's data are: below the state folder, each run's in a folder alone."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from hrmsops.engine.local import state_folder


def folder_of(run: str) -> Path:
    """Of one run: 0700, its files 0600."""
    return state_folder() / "replays" / run


def captured(run: str) -> Path:
    """What `CaptureDifferences` of that run wrote."""
    return folder_of(run) / "captured"


def undo_of(run: str) -> Path:
    """How the rows that a run copied were before it."""
    return folder_of(run) / "undo"


def plan_of(recovery: str, plan: str) -> Path:
    """A replay that was planned for a recovery."""
    return folder_of(recovery) / f"plan-{plan}"


def taken_back(recovery: str, run: str) -> Path:
    """What a run does that takes a replay back."""
    return folder_of(recovery) / f"taken-back-{run}"


def older_than(moment: datetime) -> list[Path]:
    """The folders of runs that kept something before that moment."""
    root = folder_of("")
    names = root.iterdir() if root.is_dir() else ()
    return sorted(
        path
        for path in names
        if path.is_dir() and datetime.fromtimestamp(path.stat().st_mtime, UTC) < moment
    )
