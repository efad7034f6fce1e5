"""Where the configuration is: upwards from a folder, or at the path that was named."""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hrmsops.errors.config import ConfigNotReadable, ConfigNotToml

FILE_NAME = "hrmsops.toml"
PYPROJECT = "pyproject.toml"
PLACE = re.compile(r"\s*\((?:at (?:line (?P<line>\d+), column \d+|end of document))\)$")


@dataclass(frozen=True)
class Found:
    """A file, the tables of it that are ours, and what stands before each of their paths."""

    path: Path
    tables: dict[str, Any]
    prefix: str = ""


def named(path: Path) -> Found:
    """The file at `path`; a pyproject.toml gives its [tool.hrmsops], even where that is absent."""
    if path.name == PYPROJECT:
        return _of_pyproject(path, _parsed(path, _text(path)))
    return Found(path.absolute(), _parsed(path, _text(path)))


def nearest(start: Path) -> Found | None:
    """The first `hrmsops.toml` or [tool.hrmsops] in `start` and the folders above it."""
    for folder in (start, *start.parents):
        if (own := folder / FILE_NAME).is_file():
            return named(own)
        if (pyproject := folder / PYPROJECT).is_file() and (ours := _if_ours(pyproject)):
            return ours
    return None


def shown(path: Path) -> str:
    """The path as one would type it: relative where it lies below the working directory."""
    try:
        return str(path.absolute().relative_to(Path.cwd()))
    except ValueError:
        return str(path)


def _if_ours(pyproject: Path) -> Found | None:
    text = _text(pyproject)
    # A broken pyproject.toml that never speaks of hrmsops is somebody else's to mend.
    if "hrmsops" not in text:
        return None
    tables = _parsed(pyproject, text)
    is_ours = "hrmsops" in tables.get("tool", {})
    return _of_pyproject(pyproject, tables) if is_ours else None


def _of_pyproject(path: Path, tables: dict[str, Any]) -> Found:
    ours = tables.get("tool", {}).get("hrmsops", {})
    return Found(path.absolute(), ours, prefix="tool.hrmsops.")


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except OSError as error:
        raise ConfigNotReadable(file=shown(path), problem=error.strerror or str(error)) from error
    except UnicodeDecodeError as error:
        problem = f"it is not UTF-8 text, from byte {error.start} on"
        raise ConfigNotReadable(file=shown(path), problem=problem) from error


def _parsed(path: Path, text: str) -> dict[str, Any]:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        problem = str(error)
        place = PLACE.search(problem)
        raise ConfigNotToml(
            file=shown(path),
            line=int(place["line"]) if place and place["line"] else None,
            problem=PLACE.sub("", problem),
        ) from error
