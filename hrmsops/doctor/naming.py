"""Where the files of a repository name something."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Sequence
from fnmatch import fnmatch
from pathlib import Path

import msgspec

FILES = (
    "*.tf",
    "*.tfvars",
    "*.yml",
    "*.yaml",
    "*.toml",
    "Dockerfile*",
    "*.dockerfile",
    "*.sh",
    ".env.example",
)
NOT_OURS = frozenset(
    {"node_modules", "__pycache__", "venv", "site-packages", "build", "dist", "vendor"}
)
KEPT = frozenset({".github", ".gitlab", ".circleci", ".buildkite"})
"""Hidden folders in which CI is written down; no other is looked into."""
BYTES_MAX = 1_000_000
FILES_MAX = 20_000


class Place(msgspec.Struct, frozen=True, kw_only=True):
    """A line of a file, relative to the repository, and what it names."""

    file: str
    line: int
    name: str


def repository(folder: Path) -> Path:
    """The nearest folder, upwards, with a `.git`; else the folder itself."""
    return next((each for each in (folder, *folder.parents) if (each / ".git").exists()), folder)


def places(root: Path, names: Sequence[str]) -> Iterator[Place]:
    """Each line that names one of `names` as a whole word; a file that cannot be read has none."""
    if not names:
        return
    words = re.compile(rf"(?<![\w-])(?:{'|'.join(map(re.escape, names))})(?![\w-])")
    for path in _files(root):
        for number, line in enumerate(_text(path).splitlines(), start=1):
            for found in dict.fromkeys(words.findall(line)):
                yield Place(file=path.relative_to(root).as_posix(), line=number, name=found)


def _files(root: Path) -> Iterator[Path]:
    seen = 0
    for folder, below, files in os.walk(root):
        below[:] = sorted(each for each in below if _is_ours(each))
        for name in sorted(files):
            seen += 1
            if seen > FILES_MAX:
                return
            if any(fnmatch(name, pattern) for pattern in FILES):
                yield Path(folder, name)


def _is_ours(folder: str) -> bool:
    return folder in KEPT or not (folder.startswith(".") or folder in NOT_OURS)


def _text(path: Path) -> str:
    try:
        if path.stat().st_size > BYTES_MAX:
            return ""
        return path.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""
