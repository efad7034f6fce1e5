"""A line to type commands on while a drill waits: each runs in the person's own terminal."""

from __future__ import annotations

import os
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
NOTICE_SECONDS = 0.5
CEASE_SECONDS_MAX = 15.0


def type_until(
    is_over: Callable[[], bool],
    *,
    has_helped: Callable[[], bool],
    proposal: str,
    folder: Path,
    env: Mapping[str, str],
    watching: Callable[[], AbstractContextManager[None]],
) -> None:
    """Read commands and run them in `folder` until `is_over`; an empty line runs `proposal`.

    `has_helped` tells after a command whether it is worth waiting for the end, which is done within
    `watching`. Also returns when the input ends, and when somebody mends things elsewhere.
    """
    output.say("It is your turn: Enter types this line, or type another; Ctrl-C gives up.")
    output.say(f"  {proposal}", style="fix")
    while not is_over():
        line = _read_line(is_over)
        if line is None:
            return
        with _interrupts_are_the_commands():
            words = ["/bin/sh", "-c", line or proposal]
            subprocess.run(words, cwd=folder, env=_env(env), check=False)
        if _comes_true(has_helped, NOTICE_SECONDS):
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


def _env(env: Mapping[str, str]) -> dict[str, str]:
    """With this very hrmsops first on PATH, so that the line that is shown works as it stands."""
    own = Path(sys.executable).parent
    return {**env, "PATH": f"{own}{os.pathsep}{env.get('PATH', os.defpath)}"}
