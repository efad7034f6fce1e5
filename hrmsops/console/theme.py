"""How each kind of text looks, and the two consoles: results on stdout, talk on stderr."""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO, TYPE_CHECKING, cast

from hrmsops.console.streams import Lossy, Uncommanding, is_a_workflow

if TYPE_CHECKING:
    from rich.console import Console

STYLES = {
    "error": "bold red",
    "fix": "bold",
    "good": "green",
    "warning": "yellow",
    "quiet": "dim",
    "production": "bold white on red",
    "elsewhere": "bold reverse",
}
PIPE_WIDTH = 4096
"""Columns in a pipe: wide enough that no line of ours is ever folded for a reader of logs."""

_moving: list[Console] = []
DRAWING = threading.RLock()
"""Held by who writes while a line moves: between two of its drawings another is whole."""


def results() -> Console:
    """The console of results. Made anew each time, so that it follows a redirected stdout."""
    return _console(is_stderr=False)


def talk() -> Console:
    """The console of everything that is not a result: banners, progress, questions, errors."""
    return _moving[-1] if _moving else _console(is_stderr=True)


@contextmanager
def moving(console: Console) -> Iterator[None]:
    """Within, a line of `console` moves: only what it writes itself comes above that line.

    What another console wrote would be drawn over by the line's next picture.
    """
    _moving.append(console)
    try:
        yield
    finally:
        _moving.remove(console)


def _console(*, is_stderr: bool) -> Console:
    from rich.console import Console
    from rich.theme import Theme

    class Quitting(Console):
        """Rich's own answer to a broken pipe is exit code 1; ours is given in `ending`."""

        def on_broken_pipe(self) -> None:
            raise BrokenPipeError

    is_terminal = (sys.stderr if is_stderr else sys.stdout).isatty()
    is_plain = bool(os.environ.get("NO_COLOR")) or os.environ.get("TERM") == "dumb"
    return Quitting(
        file=_file(is_stderr=is_stderr),
        stderr=is_stderr,
        theme=Theme(STYLES),
        color_system=None if is_plain else "auto",
        width=None if is_terminal else PIPE_WIDTH,
        markup=False,
        highlight=False,
        emoji=False,
        soft_wrap=False,
    )


def _file(*, is_stderr: bool) -> IO[str] | None:
    """None is stdout, whatever it is by then."""
    found = Lossy(sys.stderr) if is_stderr else None
    if is_a_workflow():
        return cast("IO[str]", Uncommanding(found or sys.stdout))
    return cast("IO[str] | None", found)
