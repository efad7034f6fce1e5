"""The three standard streams, of which some may be closed, full, or read by nobody any more."""

from __future__ import annotations

import os
import re
import sys
from contextlib import suppress
from typing import Any, TextIO

AT_A_LINE = re.compile(r"^(\s*)::", re.MULTILINE)


def is_a_workflow() -> bool:
    """Whether GitHub's runner reads the streams: in some lines it finds commands to itself."""
    return os.environ.get("GITHUB_ACTIONS") == "true"


def uncommanding(text: str) -> str:
    """The text without what the runner would obey: `::` at a line's begin, `##[` anywhere.

    See TryParseV2 and TryParse in its ActionCommand.cs: it obeys in both streams.
    """
    return AT_A_LINE.sub(r"\1: :", text).replace("##[", "## [")


def keep_open() -> None:
    """Put /dev/null where the shell closed a stream (`>&-`): else the next file takes its place."""
    for number, name in enumerate(("stdin", "stdout", "stderr")):
        if getattr(sys, name) is None:
            os.set_inheritable(os.open(os.devnull, os.O_RDWR), True)
            stream = open(number, "w" if number else "r", encoding="utf-8", closefd=False)  # noqa: SIM115
            setattr(sys, name, stream)


def nobody_reads(stream: TextIO) -> None:
    """Let all that is still to be written go nowhere, so that the exit code stays the work's own.

    Python would else fail once more when it flushes at its end, and exit with 120.
    """
    with suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


class Lossy:
    """A stream for talk: what cannot be written is lost, and the work that it tells of goes on."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def write(self, text: str) -> int:
        try:
            return self._stream.write(text)
        except OSError:
            nobody_reads(self._stream)
            return len(text)

    def flush(self) -> None:
        try:
            self._stream.flush()
        except OSError:
            nobody_reads(self._stream)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)


class Uncommanding:
    """A stream that GitHub's runner reads, for text that is none of its commands."""

    def __init__(self, stream: TextIO | Lossy) -> None:
        self._stream = stream

    def write(self, text: str) -> int:
        self._stream.write(uncommanding(text))
        return len(text)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)
