"""Files to be written into a repository, held against those that are there."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Literal

from hrmsops.config.placing import place
from hrmsops.errors.scaffold import FileNotWritable

EXECUTABLE = 0o111


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """A file as it is to be; `path` is relative to the repository."""

    path: PurePosixPath
    text: str
    is_executable: bool = False


@dataclass(frozen=True, kw_only=True)
class Held:
    """A file that is wanted, and what stands in its place: None where nothing does."""

    wanted: Wanted
    before: str | None
    is_executable: bool

    @property
    def state(self) -> Literal["new", "same", "differs"]:
        if self.before is None:
            return "new"
        lacks_mode = self.wanted.is_executable and not self.is_executable
        return "differs" if lacks_mode or self.before != self.wanted.text else "same"

    def difference(self) -> Iterator[str]:
        """Lines as `diff -u` writes them; nothing where the mode alone differs."""
        name = str(self.wanted.path)
        yield from difflib.unified_diff(
            (self.before or "").splitlines(keepends=True),
            self.wanted.text.splitlines(keepends=True),
            "/dev/null" if self.before is None else f"a/{name}",
            f"b/{name}",
        )


def repository(start: Path) -> Path:
    """The folder with `.git`, here or above; where there is none, the one to start from."""
    for folder in (start, *start.parents):
        if (folder / ".git").exists():
            return folder
    return start


def held(root: Path, wanted: Iterable[Wanted]) -> tuple[Held, ...]:
    """Each file with what stands there; raises FileNotWritable where that cannot be read."""
    return tuple(_held(root, each) for each in wanted)


def _held(root: Path, wanted: Wanted) -> Held:
    path = root / wanted.path
    try:
        before = path.read_text(encoding="utf-8", errors="surrogateescape")
        mode = path.stat().st_mode
    except FileNotFoundError:
        return Held(wanted=wanted, before=None, is_executable=False)
    except OSError as error:
        raise _not_writable(path, error) from error
    is_executable = mode & EXECUTABLE != 0
    return Held(wanted=wanted, before=before, is_executable=is_executable)


def write(root: Path, files: Iterable[Held]) -> None:
    """Each file that is not as it should be, whole; raises FileNotWritable."""
    for each in files:
        if each.state == "same":
            continue
        path = root / each.wanted.path
        mode = EXECUTABLE if each.wanted.is_executable else 0
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            place(path, each.wanted.text, is_new=each.before is None, mode=mode)
        except OSError as error:
            raise _not_writable(path, error) from error


def _not_writable(path: Path, error: OSError) -> FileNotWritable:
    return FileNotWritable(file=str(path), problem=error.strerror or str(error))
