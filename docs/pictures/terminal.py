"""A command in a terminal of its own, and what stands on its screen."""

from __future__ import annotations

import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pexpect
import pyte

COLUMNS, ROWS = 80, 200
SECONDS_MAX = 240
QUIET_SECONDS = 1.0


class Screen(pyte.Screen):
    """A screen that answers where its cursor is, as programs ask it to."""

    child: Any

    def write_process_input(self, data: str) -> None:
        self.child.send(data)


def shown(
    words: list[str], *, folder: Path, variables: Mapping[str, str], until: str = ""
) -> list[list[Any]]:
    """The characters of each line, once the command has ended or `until` stands there.

    Then it is ended with Ctrl-C: what it asks gets no answer.
    """
    screen = Screen(COLUMNS, ROWS)
    stream = pyte.ByteStream(screen)
    child = screen.child = pexpect.spawn(
        words[0], words[1:], cwd=str(folder), env=dict(variables), dimensions=(ROWS, COLUMNS)
    )
    deadline = time.monotonic() + SECONDS_MAX
    is_asked = False
    while time.monotonic() < deadline:
        try:
            stream.feed(child.read_nonblocking(65536, timeout=QUIET_SECONDS))
        except pexpect.TIMEOUT:
            is_asked = bool(until) and any(until in each for each in screen.display)
            if is_asked:
                break
        except pexpect.EOF:
            break
    lines = [[screen.buffer[row][column] for column in range(COLUMNS)] for row in range(ROWS)]
    if is_asked:
        child.sendcontrol("c")
    child.close(force=True)
    assert is_asked or not until, "\n".join(screen.display)
    return _trimmed(lines)


def _trimmed(lines: list[list[Any]]) -> list[list[Any]]:
    """Without the empty lines at both ends."""
    told = [n for n, line in enumerate(lines) if any(each.data.strip() for each in line)]
    return lines[told[0] : told[-1] + 1]
