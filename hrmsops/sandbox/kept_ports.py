"""The port of each URL, kept from one daemon to the next."""

from __future__ import annotations

from pathlib import Path

import msgspec


class KeptPorts:
    """A JSON object of ports by key, written whole; the caller sees to one writer at a time."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def all(self) -> dict[str, int]:
        """Each key and its port."""
        try:
            return msgspec.json.decode(self._path.read_bytes(), type=dict[str, int])
        except FileNotFoundError:
            return {}

    def keep(self, key: str, port: int) -> None:
        """Remember the port of a key."""
        self._write({**self.all(), key: port})

    def forget(self, key: str) -> None:
        """Let the port of a key go; absent is fine."""
        self._write({other: port for other, port in self.all().items() if other != key})

    def _write(self, ports: dict[str, int]) -> None:
        written = self._path.with_suffix(".new")
        written.write_bytes(msgspec.json.encode(ports))
        written.replace(self._path)
