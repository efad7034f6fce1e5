"""The package `sent` as one text, that any Python since 3.9 runs with nothing installed for it."""

from __future__ import annotations

import base64
import zlib
from collections.abc import Mapping
from pathlib import Path

PACKAGE = "hrmsops_sent"
"""Its name over there, where an `hrmsops` of another version may be installed."""
VARIABLE_BYTES_MAX = 32 * 1024
"""What Cloud Run lets a variable hold."""
FROM_VARIABLES = (
    "import os,zlib,base64;"
    "p=''.join(os.environ.get('{name}_%d'%n,'') for n in range(99));"
    "exec(compile(zlib.decompress(base64.b64decode(p)),'hrmsops','exec'))"
)
"""Runs what `in_variables` made."""
_SENT = Path(__file__).with_name("sent")
_IMPORTER = _SENT / "importer.py"


def parcel(part: str, start: str = "main", *, more: Mapping[str, str] | None = None) -> str:
    """Text that calls `start` of the module `main` of one part: `agent`, `describer` or `tracer`.

    What it is called with, it reads for itself. `more` are modules that go along.
    """
    return (
        f"{_IMPORTER.read_text(encoding='utf-8')}\n"
        f"install({sources(part) | dict(more or {})!r})\n"
        f"from {PACKAGE}.{part}.main import {start}\n"
        f"{start}()\n"
    )


def sources(part: str) -> dict[str, str]:
    """What both parts share, and what is of this one; the same text for the same code."""
    files = {*_SENT.glob("*.py"), *_SENT.joinpath(part).glob("*.py")} - {_IMPORTER}
    return {_name(file): file.read_text(encoding="utf-8") for file in sorted(files)}


def backfill_sources() -> dict[str, str]:
    """The app `hrmsops.backfill` under its own name: a project's backfills import it by that."""
    root = Path(__file__).parents[1]
    files = {*root.glob("backfill/**/*.py"), root / "errors/base.py"}
    files |= set(root.glob("errors/backfill*.py"))
    # The packages around them bring nothing else along.
    found = {"hrmsops": "", "hrmsops.errors": ""}
    for file in sorted(files):
        words = file.relative_to(root.parent).with_suffix("").parts
        name = ".".join(word for word in words if word != "__init__")
        found[name] = file.read_text(encoding="utf-8")
    return found


def packed(text: str) -> str:
    """Text as it fits into a variable of a job."""
    return base64.b64encode(zlib.compress(text.encode(), 9)).decode()


def in_variables(name: str, text: str) -> dict[str, str]:
    """Text as variables NAME_0, NAME_1, … of a job; see `FROM_VARIABLES`."""
    whole = packed(text)
    pieces = range(0, len(whole), VARIABLE_BYTES_MAX)
    return {f"{name}_{n}": whole[at : at + VARIABLE_BYTES_MAX] for n, at in enumerate(pieces)}


def _name(file: Path) -> str:
    words = [PACKAGE, *file.relative_to(_SENT).with_suffix("").parts]
    return ".".join(word for word in words if word != "__init__")
