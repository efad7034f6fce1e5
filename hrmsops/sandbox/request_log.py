"""Every call that the sandbox was asked, and what it answered: one JSON line each."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import msgspec

from hrmsops.sandbox.state import Json


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """One call of Google's APIs; the sandbox's own controls are not logged."""

    time: str
    method: str
    host: str
    path: str
    query: dict[str, str]
    account: str
    body: Json
    status: int | None
    """None when no reply was sent: the connection was dropped."""
    reply: Json
    """What was answered, or would have been: a dropped reply is kept too."""
    seconds: float
    permissions: tuple[str, ...] = ()
    """What it asked of its caller; none where it asked for none."""
    fault: str = ""
    """The kind of the fault that the call met."""


class RequestLog:
    """Appends; a line is whole or absent, whatever kills the sandbox."""

    def __init__(self, path: Path) -> None:
        self._file = path.open("ab", buffering=0)
        self._lock = threading.Lock()

    def add(self, entry: Entry) -> None:
        """Write one line at once."""
        with self._lock:
            self._file.write(msgspec.json.encode(entry) + b"\n")

    def close(self) -> None:
        """Let go of the file."""
        self._file.close()


def entries(path: Path, *, after_bytes: int = 0) -> Iterator[Entry]:
    """The calls so far, the oldest first; a last line that is being written is left out."""
    if not path.exists():
        return
    with path.open("rb") as lines:
        lines.seek(after_bytes)
        for line in lines:
            if line.endswith(b"\n"):
                yield msgspec.json.decode(line, type=Entry)
