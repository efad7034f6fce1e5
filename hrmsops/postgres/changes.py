"""Changes as files that only their owner reads: JSON lines for each table, and a manifest."""

from __future__ import annotations

import hashlib
import os
from collections import Counter
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import IO, Literal, TypeVar
from urllib.parse import quote

import msgspec

from hrmsops.errors.recovery import PlanFilesChanged
from hrmsops.postgres.catalog import TableName

SCHEMA = 1
MANIFEST = "manifest.json"

Op = Literal["insert", "update", "delete", "conflict", "aside"]
Values = dict[str, str | None]
Sealed = TypeVar("Sealed", bound=msgspec.Struct)


class Change(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One line: what to do with one row, or why nothing is done.

    Values are as PostgreSQL writes them; None is NULL. `before` is what the target must still hold:
    the columns that change, or the whole row for a deletion; `after` is what it will hold. Of a
    conflict or of what is set aside they are what the recovered and the old database hold.
    """

    op: Op
    key: tuple[str, ...]
    before: Values = {}
    after: Values = {}
    writer: int | None = None
    """The transaction that wrote it, where that is known: rows with one number belong together."""
    reason: str = ""
    """Of a conflict: kebab-case."""


class TablePlan(msgspec.Struct, frozen=True, kw_only=True):
    """One table's file. `counts` by op, `reasons` of conflicts; no value is in here."""

    table: TableName
    key: tuple[str, ...]
    file: str
    sha256: str
    counts: dict[str, int]
    reasons: dict[str, int]
    transactions: int
    """Of how many transactions there are inserts and updates."""
    transactions_split: int
    """How many of those have a conflict in this table besides."""


class Manifest(msgspec.Struct, frozen=True, kw_only=True):
    """What a folder holds. Tables stand so that each comes after those that it refers to."""

    kind: Literal["replay", "log", "undo"]
    plan: str
    """A hash of all that is done: the name under which the target remembers it."""
    made_at: datetime
    tables: tuple[TablePlan, ...]
    excluded: tuple[TableName, ...] = ()
    """Never replayed: sessions, outboxes, queues, migrations."""
    unmergeable: tuple[TableName, ...] = ()
    """Tables without a key that differ: to be looked at by a person."""
    schema: int = SCHEMA

    def count(self, op: Op) -> int:
        """How many lines of that kind there are in all."""
        return sum(each.counts.get(op, 0) for each in self.tables)


class TableFile:
    """The file of one table while it is written."""

    def __init__(self, folder: Path, table: TableName, key: tuple[str, ...]) -> None:
        self.table, self.key = table, key
        self.name = file_name(table)
        self._path = folder / self.name
        self._file = private_file(self._path)
        self._hash = hashlib.sha256()
        self._counts: Counter[str] = Counter()
        self._reasons: Counter[str] = Counter()
        self._writers: set[int] = set()
        self._conflicting: set[int] = set()

    def write(self, change: Change) -> None:
        """Add a line."""
        line = msgspec.json.encode(change) + b"\n"
        self._file.write(line)
        self._hash.update(line)
        self._counts[change.op] += 1
        if change.reason:
            self._reasons[change.reason] += 1
        if change.writer is not None and change.op != "aside":
            group = self._conflicting if change.op == "conflict" else self._writers
            group.add(change.writer)

    def close(self) -> TablePlan | None:
        """Put it on disk; None, and no file, where there was no line."""
        if not self._counts:
            self._file.close()
            self._path.unlink()
            return None
        synced(self._file)
        return TablePlan(
            table=self.table,
            key=self.key,
            file=self.name,
            sha256=self._hash.hexdigest(),
            counts=dict(self._counts),
            reasons=dict(self._reasons),
            transactions=len(self._writers),
            transactions_split=len(self._writers & self._conflicting),
        )


def new_folder(folder: Path) -> None:
    """Make the folder, closed to others; one without a manifest was never finished: emptied."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    folder.chmod(0o700)
    if (folder / MANIFEST).exists():
        raise FileExistsError(folder)
    for left in folder.glob("*.jsonl"):
        left.unlink()


def seal(folder: Path, document: msgspec.Struct) -> None:
    """Write the manifest, the last file of a folder: with it the folder is complete."""
    draft = private_file(folder / f"{MANIFEST}.new")
    draft.write(msgspec.json.format(msgspec.json.encode(document), indent=2))
    synced(draft)
    (folder / f"{MANIFEST}.new").replace(folder / MANIFEST)


def read_sealed(folder: Path, kind: type[Sealed]) -> Sealed:
    """A folder's manifest; raises PlanFilesChanged where there is none of that kind."""
    try:
        return msgspec.json.decode((folder / MANIFEST).read_bytes(), type=kind)
    except (FileNotFoundError, msgspec.DecodeError):
        raise PlanFilesChanged(folder=str(folder), files=(MANIFEST,)) from None


def is_sealed(folder: Path) -> bool:
    """Whether a folder is complete."""
    return (folder / MANIFEST).is_file()


def unseal(folder: Path) -> None:
    """Make a folder one that was not finished."""
    (folder / MANIFEST).unlink(missing_ok=True)


def file_name(table: TableName) -> str:
    """What a table's file is called."""
    return f"{quote(f'{table.schema}.{table.name}', safe='._-')}.jsonl"


def write_manifest(folder: Path, manifest: Manifest) -> Manifest:
    """The last file to be written: with it the folder is complete. Its plan is named here."""
    body = "".join(f"{each.table}{each.sha256}" for each in manifest.tables)
    # With its moment: what is done, taken back and done again is not the same plan twice.
    text = f"{manifest.kind}{manifest.made_at.isoformat()}{body}"
    named = msgspec.structs.replace(manifest, plan=hashlib.sha256(text.encode()).hexdigest()[:16])
    seal(folder, named)
    return named


def read_manifest(folder: Path) -> Manifest:
    """The manifest of a folder whose files are as they were written; raises PlanFilesChanged."""
    manifest = read_sealed(folder, Manifest)
    changed = [e.file for e in manifest.tables if sha256_of(folder / e.file) != e.sha256]
    if changed:
        raise PlanFilesChanged(folder=str(folder), files=tuple(changed))
    return manifest


def read_changes(folder: Path, table: TablePlan, *, skip: int = 0) -> Iterator[tuple[int, Change]]:
    """The lines of one table after the first `skip`, with their numbers from 1."""
    decoder = msgspec.json.Decoder(Change)
    with (folder / table.file).open("rb") as file:
        for number, line in enumerate(file, start=1):
            if number > skip:
                yield number, decoder.decode(line)


def private_file(path: Path) -> IO[bytes]:
    """A new file that only its owner can read."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    return os.fdopen(descriptor, "wb")


def synced(file: IO[bytes]) -> None:
    """Close a file once it is on disk."""
    file.flush()
    os.fsync(file.fileno())
    file.close()


def sha256_of(path: Path) -> str:
    """A file's hash; empty where there is none."""
    if not path.is_file():
        return ""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
