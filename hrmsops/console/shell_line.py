"""A line to type commands on while a drill waits: each runs in the person's own terminal."""

from __future__ import annotations

import select
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

from hrmsops.console import output

LOOK_SECONDS = 0.1
CEASE_SECONDS_MAX = 15.0


def type_until(
    is_over: Callable[[], bool],
    *,
    first_line: str,
    next_line: Callable[[], str],
    folder: Path,
    env: Mapping[str, str],
    entrance: str,
    watching: Callable[[], AbstractContextManager[None]],
    is_quiet: bool,
) -> None:
    """Read commands and run them in `folder` until `is_over`; an empty line runs what is proposed.

    That is `first_line`, and after each command the `next_line` that is left to do; where none is,
    the end is waited for within `watching`, and it begins anew. `entrance` leads there from another
    terminal. Also returns when the input ends, and when somebody mends things elsewhere. With
    `is_quiet` what commands print goes to stderr.
    """
    output.say("It is your turn; Ctrl-C gives up. Another terminal gets there with")
    output.command_aside("  ", entrance)
    proposal = first_line
    while not is_over():
        proposal = proposal or first_line
        output.say("Enter types this line, or type another:")
        output.command_aside("  ", f"hrmsops {proposal}", style="fix")
        line = _read_line(is_over)
        if line is None:
            return
        with _interrupts_are_the_commands():
            words = ["/bin/sh", "-c", line or f"hrmsops {proposal}"]
            subprocess.run(
                words, cwd=folder, env=env, check=False, stdout=sys.stderr if is_quiet else None
            )
        proposal = next_line()
        if not proposal:
            with watching():
                _comes_true(is_over, CEASE_SECONDS_MAX)


def _read_line(is_over: Callable[[], bool]) -> str | None:
    """A line from the terminal; None when the input ended or there is no need of one any more."""
    sys.stderr.write("$ ")
    sys.stderr.flush()
    while not select.select([sys.stdin], [], [], LOOK_SECONDS)[0]:
        if is_over():
            sys.stderr.write("\n")
            return None
    line = sys.stdin.readline()
    return line.strip() if line else None


def _comes_true(condition: Callable[[], bool], seconds_max: float) -> bool:
    deadline = time.monotonic() + seconds_max
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(LOOK_SECONDS)
    return True


@contextmanager
def _interrupts_are_the_commands() -> Iterator[None]:
    """Ctrl-C reaches the command that runs, and ends that alone."""
    # A handler, for a signal that is ignored would be ignored by the command as well.
    before = signal.signal(signal.SIGINT, lambda *_: None)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
