"""Where records live: named, whole, and never overwritten by one who has not read them."""

from __future__ import annotations

import fcntl
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Protocol

from hrmsops.errors.record import StateFolderUnusable

_ALL = os.R_OK | os.W_OK | os.X_OK


class RecordExists(Exception):
    """`create` found a record of that name."""


class RecordChanged(Exception):
    """`replace` found another generation than the one that was read."""


@dataclass(frozen=True)
class Record:
    """A record as it was read; `generation` names its version, and grows from one to the next.

    `age` is how long ago that version was written by the store's own clock; None where the store
    has no other clock than this machine's.
    """

    data: bytes
    generation: int
    age: timedelta | None = None


class Store(Protocol):
    """Named records. Every write is atomic, and lasts once it has returned its generation.

    Each call may raise RecordUnusable. `fence` is the number under which the writer holds its
    environment, 0 where it holds none; a store may show it beside the record.
    """

    @property
    def where(self) -> str:
        """Where the records are, in words for people."""
        ...

    @property
    def is_shared(self) -> bool:
        """Whether other machines see the same records."""
        ...

    def read(self, name: str) -> Record | None:
        """The newest version, None where there is none."""
        ...

    def create(self, name: str, data: bytes, *, fence: int = 0) -> int:
        """Write a record that is not there yet, else RecordExists."""
        ...

    def replace(self, name: str, data: bytes, *, generation: int, fence: int = 0) -> int:
        """Write the next version of a record last read at `generation`, else RecordChanged."""
        ...

    def delete(self, name: str, *, generation: int) -> None:
        """Take away a record last read at `generation`, else RecordChanged."""
        ...

    def names(self, prefix: str) -> list[str]:
        """The names that begin with `prefix`, sorted."""
        ...

    def under(self, prefix: str, *, since: str = "") -> dict[str, Record]:
        """The records whose names begin with `prefix` and do not sort before `since`, sorted."""
        ...


class LocalStore:
    """A folder. Version n of a record is the file `NAME@n`: to link it into place is to win.

    A version is written beside and linked into place, so a killed writer leaves nothing
    half-written. The look at the newest version and the link are one under flock(2): by link(2)
    alone, a writer that slept for two versions would find its next name free again.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    @property
    def where(self) -> str:
        return "this machine"

    @property
    def is_shared(self) -> bool:
        return False

    def read(self, name: str) -> Record | None:
        while (generation := self._newest(name)) is not None:
            try:
                return Record(self._path(name, generation).read_bytes(), generation)
            except FileNotFoundError:
                continue  # It was superseded between the two looks.
        return None

    def create(self, name: str, data: bytes, *, fence: int = 0) -> int:
        with self._locked():
            if self._newest(name) is not None:
                raise RecordExists(name)
            self._link(name, 1, data)
        return 1

    def replace(self, name: str, data: bytes, *, generation: int, fence: int = 0) -> int:
        with self._locked():
            if self._newest(name) != generation:
                raise RecordChanged(name)
            self._link(name, generation + 1, data)
            self._path(name, generation).unlink()
        return generation + 1

    def delete(self, name: str, *, generation: int) -> None:
        with self._locked():
            if self._newest(name) != generation:
                raise RecordChanged(name)
            self._path(name, generation).unlink()
            with suppress(OSError):  # Others are in the folder.
                self._path(name, generation).parent.rmdir()

    def names(self, prefix: str) -> list[str]:
        self._require_usable()
        return sorted({name for name, _ in self._walk(prefix)})

    def under(self, prefix: str, *, since: str = "") -> dict[str, Record]:
        self._require_usable()
        newest: dict[str, int] = {}
        for name, generation in self._walk(prefix):
            if name >= since:
                newest[name] = max(generation, newest.get(name, 0))
        found = ((name, self._read_at(name, newest[name])) for name in sorted(newest))
        return {name: record for name, record in found if record is not None}

    def _read_at(self, name: str, generation: int) -> Record | None:
        try:
            return Record(self._path(name, generation).read_bytes(), generation)
        except FileNotFoundError:
            return self.read(name)  # It was superseded since it was listed.

    def _path(self, name: str, generation: int) -> Path:
        return self._folder / f"{name}@{generation}"

    def _newest(self, name: str) -> int | None:
        self._require_usable()
        path = self._folder / name
        start = f"{path.name}@"
        try:
            found = os.listdir(path.parent)  # noqa: PTH208 - a record is read in a tenth of the time.
        except FileNotFoundError:
            return None
        # A writer that was killed before it removed the old version leaves two: the newer counts.
        return max((int(f.removeprefix(start)) for f in found if f.startswith(start)), default=None)

    def _walk(self, prefix: str) -> Iterator[tuple[str, int]]:
        """Each name that begins with `prefix`, and a generation of it that is there."""
        for path in (self._folder / prefix.rpartition("/")[0]).rglob("*@*"):
            name, _, generation = path.relative_to(self._folder).as_posix().rpartition("@")
            if name.startswith(prefix):
                yield name, int(generation)

    @contextmanager
    def _locked(self) -> Iterator[None]:
        self._require_usable()
        with self._usable():
            self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            with (self._folder / ".lock").open("wb") as file:
                fcntl.flock(file, fcntl.LOCK_EX)
                yield

    def _require_usable(self) -> None:
        """A look at an unusable folder would otherwise find nothing, and say so."""
        if os.path.isdir(self._folder) and os.access(self._folder, _ALL):  # noqa: PTH112 - as above.
            return
        there = next(
            path for path in (self._folder, *self._folder.parents) if os.path.lexists(path)
        )
        if not there.is_dir():
            raise StateFolderUnusable(folder=str(self._folder), why=f"{there} is not a folder.")
        if not os.access(there, _ALL):
            raise StateFolderUnusable(folder=str(self._folder), why=f"You may not write {there}.")

    @contextmanager
    def _usable(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            why = f"{error.strerror or error}."
            raise StateFolderUnusable(folder=str(self._folder), why=why) from error

    def _link(self, name: str, generation: int, data: bytes) -> None:
        target = self._path(name, generation)
        target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        draft = target.parent / f".{secrets.token_hex(8)}"
        try:
            _write_synced(draft, data)
            os.link(draft, target)
        finally:
            draft.unlink(missing_ok=True)
        _sync_folder(target.parent)


def _write_synced(path: Path, data: bytes) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
