"""The server of a data folder among the machine's processes."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import psutil

PID_FILE = "postmaster.pid"
BIRTH_TOLERANCE_SECONDS = 30.0
"""Between a server's own birth and the start time that it wrote down, on a machine under load."""


def server_of(data: Path) -> psutil.Process | None:
    """The running server of this folder: by pid, birth and command line, not by pid alone."""
    import psutil

    try:
        lines = (data / PID_FILE).read_text().splitlines()
        process = psutil.Process(int(lines[0]))
        is_ours = str(data) in process.cmdline()
        is_as_old = abs(process.create_time() - int(lines[2])) < BIRTH_TOLERANCE_SECONDS
        is_alive = process.status() != psutil.STATUS_ZOMBIE
    except (FileNotFoundError, IndexError, ValueError, psutil.Error):
        return None
    return process if is_ours and is_as_old and is_alive else None


def first_address(data: Path) -> str | None:
    """The first of its addresses that the folder's running server could have, "" for none.

    None while no server runs, and until it has tried them. The sixth line is the address, the
    eighth its state, written last (PostgreSQL, `miscadmin.h`, "LOCK_FILE_LINE_…").
    """
    if server_of(data) is None:
        return None
    try:
        lines = (data / PID_FILE).read_text().splitlines()
    except FileNotFoundError:
        return None
    return lines[5] if len(lines) > 7 else None


def forget_stranger(data: Path) -> None:
    """Remove a dead server's pid that another process bears: PostgreSQL would refuse."""
    import psutil

    path = data / PID_FILE
    if path.exists() and psutil.pid_exists(int(path.read_text().split()[0])):
        path.unlink()
