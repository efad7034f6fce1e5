"""One table's rows on their way into a file."""

from __future__ import annotations

import hashlib
from collections import Counter
from pathlib import Path

import msgspec

from hrmsops.postgres.captured import Sighted
from hrmsops.postgres.catalog import TableName
from hrmsops.postgres.changes import file_name, private_file, synced


class SightedFile:
    """`kinds` counts the rows; `sha256` is there once it is closed."""

    def __init__(self, folder: Path, table: TableName) -> None:
        self.name = file_name(table)
        self.kinds: Counter[str] = Counter()
        self._path = folder / self.name
        self._file = private_file(self._path)
        self._hash = hashlib.sha256()

    def write(self, row: Sighted, *, kind: str) -> None:
        line = msgspec.json.encode(row) + b"\n"
        self._file.write(line)
        self._hash.update(line)
        self.kinds[kind] += 1

    def close(self) -> bool:
        """Put it on disk; False, and no file, where there was no row."""
        if not self.kinds:
            self._file.close()
            self._path.unlink()
            return False
        synced(self._file)
        self.sha256 = self._hash.hexdigest()
        return True
