"""What is remembered of a process, so that a later daemon knows its own from a stranger's."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import msgspec

BIRTH_TOLERANCE_SECONDS = 1.0
"""A boot time that is read twice differs by rounding; a pid is not used again within a second."""


class ProcessRecord(msgspec.Struct, frozen=True, kw_only=True):
    """One process that leads its own session."""

    name: str
    pid: int
    created: float
    """When it began, in seconds of the epoch: with the pid, who it is."""
    port: int = 0
    """Where it listens; 0 when it does not."""
    deadline: float = 0.0
    """When it is ended at the latest, in seconds of the epoch; 0 means never."""

    def is_alive(self) -> bool:
        """Whether this very process runs; one that is only waiting to be reaped does not."""
        import psutil

        try:
            process = psutil.Process(self.pid)
            same = abs(process.create_time() - self.created) < BIRTH_TOLERANCE_SECONDS
            return same and process.status() != psutil.STATUS_ZOMBIE
        except psutil.NoSuchProcess:
            return False

    def signal_session(self, number: signal.Signals) -> None:
        """Signal the process and those it started, unless its pid belongs to another by now."""
        import psutil

        if psutil.pid_exists(self.pid) and not self._has_same_birth():
            return
        try:
            os.killpg(self.pid, number)  # A group outlives its leader: its number is not reused.
        except (ProcessLookupError, PermissionError):  # macOS denies where only zombies are left.
            return

    def _has_same_birth(self) -> bool:
        import psutil

        try:
            created = psutil.Process(self.pid).create_time()
        except psutil.NoSuchProcess:
            return True
        return abs(created - self.created) < BIRTH_TOLERANCE_SECONDS


class ProcessRecords:
    """One JSON file for each process, written whole."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def write(self, record: ProcessRecord) -> None:
        """Keep `record`, before its process is let go."""
        written = self._path(record.name).with_suffix(".new")
        written.write_bytes(msgspec.json.encode(record))
        written.replace(self._path(record.name))

    def read(self, name: str) -> ProcessRecord | None:
        """The record of `name`; None when there is none."""
        try:
            return msgspec.json.decode(self._path(name).read_bytes(), type=ProcessRecord)
        except FileNotFoundError:
            return None

    def forget(self, name: str) -> None:
        """Remove the record of `name`; absent is fine."""
        self._path(name).unlink(missing_ok=True)

    def names(self) -> list[str]:
        """Whose records there are, in order."""
        return sorted(path.stem for path in self._folder.glob("*.json"))

    def all(self) -> list[ProcessRecord]:
        """Every record there is, by name; one may be forgotten while they are read."""
        return [record for name in self.names() if (record := self.read(name)) is not None]

    def _path(self, name: str) -> Path:
        return self._folder / f"{name}.json"
