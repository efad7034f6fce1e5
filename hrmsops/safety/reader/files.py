"""Where the migrations are: folders below a path, the app of each, and the files in them."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

SKIPPED = frozenset(
    {"node_modules", "__pycache__", "site-packages", "venv", "env", "build", "dist", "htmlcov"}
)
NUMBERED = re.compile(r"\d{3,5}_\w+\.py")
LABEL = re.compile(r"^\s*label\s*(?::\s*str)?\s*=\s*[\"']([\w]+)[\"']", re.MULTILINE)
DEPTH_MAX = 14


@dataclass(frozen=True, slots=True)
class Folder:
    """A folder of migrations. `app` is the label that Django knows it by."""

    path: Path
    app: str
    files: tuple[Path, ...]
    dotted: str
    root: Path


def folders(start: Path) -> list[Folder]:
    """Every folder with migrations at or below a path, in the order of their paths."""
    return sorted(_below(start, 0), key=lambda each: each.path)


def _below(folder: Path, depth: int) -> Iterator[Folder]:
    python: list[Path] = []
    inner: list[Path] = []
    try:
        entries = sorted(os.scandir(folder), key=lambda entry: entry.name)
    except OSError:
        return
    for entry in entries:
        if entry.is_dir(follow_symlinks=False):
            if not _is_skipped(entry, depth):
                inner.append(Path(entry.path))
        elif entry.name.endswith(".py") and entry.name != "__init__.py":
            python.append(Path(entry.path))
    is_named = folder.name == "migrations"
    files = python if is_named else [each for each in python if NUMBERED.fullmatch(each.name)]
    files = [each for each in files if each.name[0] not in "_~"]
    if files:
        yield _folder(folder, files)
    for each in inner:
        yield from _below(each, depth + 1)


def _is_skipped(entry: os.DirEntry[str], depth: int) -> bool:
    if entry.name.startswith(".") or depth > DEPTH_MAX or entry.name in SKIPPED:
        return True
    return (Path(entry.path) / "pyvenv.cfg").exists()


def _folder(path: Path, files: list[Path]) -> Folder:
    root = _import_root(path)
    dotted = ".".join(path.relative_to(root).parts) if path != root else ""
    return Folder(path, _label(path), tuple(files), dotted, root)


def _import_root(path: Path) -> Path:
    """The folder that the project's imports start from: the first one that is no package."""
    root = path.parent if path.name == "migrations" else path
    while (root / "__init__.py").is_file() and root.parent != root:
        root = root.parent
    # An app without `__init__.py` is still imported by its own name.
    return root.parent if path.name == "migrations" and root == path.parent else root


def _label(path: Path) -> str:
    app = path.parent if path.name == "migrations" else path
    configuration = app / "apps.py"
    if configuration.is_file():
        found = LABEL.search(configuration.read_text(encoding="utf-8", errors="replace"))
        if found:
            return found[1]
    return app.name
