"""What a step says to GitHub's runner: lines in its log, and the files that the runner reads."""

from __future__ import annotations

import os
import secrets
import sys
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import TextIO

from hrmsops.console.safe import shown
from hrmsops.console.streams import Lossy
from hrmsops.safety.reports import workflow_commands

SUMMARY_BYTES_MAX = 1024 * 1024
"""GitHub shows no summary of a step at all that is longer; see "Workflow commands"."""
CUT = "*The rest was left out: a summary holds 1 MiB. `hrmsops runs show` has all.*\n"


def annotate(severity: str, message: str, *, title: str) -> None:
    """An annotation of the run: error, warning or notice."""
    line = workflow_commands.annotation(severity, shown(message), title=shown(title))
    log(line)


def log(line: str, *, stream: TextIO | None = None) -> None:
    """A workflow command in the log; the runner reads both streams, and talk goes to stderr."""
    lossy = Lossy(stream or sys.stderr)
    lossy.write(f"{line}\n")
    lossy.flush()


def begin_group(title: str, *, stream: TextIO | None = None) -> None:
    """What is written until `end_group` is folded away under the title; groups do not nest."""
    log(f"::group::{workflow_commands.data(shown(title))}", stream=stream)


def end_group(*, stream: TextIO | None = None) -> None:
    log("::endgroup::", stream=stream)


def put_out(**values: str) -> None:
    """Outputs of the step, with hyphens for underscores; what stands there later counts."""
    text = "".join(_output(name.replace("_", "-"), value) for name, value in values.items())
    _append("GITHUB_OUTPUT", text)


def _output(name: str, value: str) -> str:
    """In the form for any text: no value can hold a delimiter that is drawn after it was known."""
    delimiter = f"hrmsops_{secrets.token_hex(16)}"
    return f"{name}<<{delimiter}\n{shown(value)}\n{delimiter}\n"


def summarise(blocks: Iterable[str]) -> None:
    """Add blocks of Markdown to the step's summary, as many as there is room for."""
    path = os.environ.get("GITHUB_STEP_SUMMARY")
    if not path:
        return
    with suppress(OSError):
        used = Path(path).stat().st_size if Path(path).exists() else 0
        _append("GITHUB_STEP_SUMMARY", _fitting(blocks, SUMMARY_BYTES_MAX - used))


def _fitting(blocks: Iterable[str], room: int) -> str:
    """The blocks that fit, and a word where some did not; nothing where not even that fits."""
    room -= len(CUT)
    text = ""
    for block in blocks if room >= 0 else ():
        room -= len(f"{block}\n\n".encode())
        if room < 0:
            return f"{text}{CUT}"
        text += f"{block}\n\n"
    return text


def _append(variable: str, text: str) -> None:
    """Where the runner's file cannot be written, the work's own exit code stays what it is."""
    path = os.environ.get(variable)
    if path and text:
        with suppress(OSError), Path(path).open("a", encoding="utf-8") as file:
            file.write(text)
