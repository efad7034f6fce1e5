"""Where the files with people's data are: below the state folder, each run's in a folder alone."""

from __future__ import annotations

from pathlib import Path

from hrmsops.world import state_folder


def folder_of(run: str) -> Path:
    """Of one run: 0700, its files 0600."""
    return state_folder() / "replays" / run


def captured(run: str) -> Path:
    """What `CaptureDifferences` of that run wrote."""
    return folder_of(run) / "captured"


def undo_of(run: str) -> Path:
    """How the rows that a run copied were before it."""
    return folder_of(run) / "undo"
