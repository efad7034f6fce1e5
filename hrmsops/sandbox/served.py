"""Every request that reached a revision: one JSON line each, and counts by a few seconds."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec

from hrmsops.sandbox.distance import Distance

SAMPLE = timedelta(seconds=5)
"""How long one sample of a count is; Google's are of a minute."""


class Served(msgspec.Struct, frozen=True, kw_only=True):
    """One request, when it was answered, by the cloud's clock."""

    at: datetime
    service: str
    revision: str
    status: int


class Key(msgspec.Struct, frozen=True, kw_only=True, order=True):
    """What is counted apart."""

    service: str
    revision: str
    status: int


class ServedRequests:
    """The ingress's record; what is in its file is counted again after a restart."""

    def __init__(self, path: Path, distance: Distance) -> None:
        self._distance = distance
        self._counts: dict[Key, Counter[int]] = {}
        self._lock = threading.Lock()
        if path.exists():
            for line in path.read_bytes().splitlines(keepends=True):
                if line.endswith(b"\n"):
                    self._count(msgspec.json.decode(line, type=Served))
        self._file = path.open("ab", buffering=0)

    def add(self, *, service: str, revision: str, status: int) -> None:
        """Note one request that has just been answered."""
        served = Served(at=self._distance.now(), service=service, revision=revision, status=status)
        with self._lock:
            if not self._file.closed:
                self._file.write(msgspec.json.encode(served) + b"\n")
            self._count(served)

    def counts(self) -> Mapping[Key, Mapping[datetime, int]]:
        """How many of each, by the end of the sample."""
        with self._lock:
            return {
                key: {_end(number): count for number, count in by_sample.items()}
                for key, by_sample in self._counts.items()
            }

    def close(self) -> None:
        """Let go of the file."""
        with self._lock:
            self._file.close()

    def _count(self, served: Served) -> None:
        key = Key(service=served.service, revision=served.revision, status=served.status)
        number = int(served.at.timestamp() // SAMPLE.total_seconds())
        self._counts.setdefault(key, Counter())[number] += 1


def _end(number: int) -> datetime:
    return datetime.fromtimestamp((number + 1) * SAMPLE.total_seconds(), UTC)
