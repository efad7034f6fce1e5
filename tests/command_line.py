"""hrmsops as it is used: a process of its own, in a pipe or in a terminal.

In a pipe it is forked from one that has loaded it (tests/fork_server.py), unless its variables
change Python itself.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, Protocol

import pexpect

from tests import documents, forked

ROOT = Path(__file__).parent.parent
DEADLINE_SECONDS = 90


@dataclass(frozen=True)
class Ended:
    """How a command ended, and what it wrote."""

    code: int
    out: str
    err: str

    @property
    def document(self) -> Any:
        """The one JSON document on stdout."""
        return json.loads(self.out)


class Begun(Protocol):
    """A process that was started, in `subprocess.Popen`'s words."""

    pid: int
    args: Any

    @property
    def stdout(self) -> IO[str] | None: ...
    @property
    def stderr(self) -> IO[str] | None: ...
    @property
    def returncode(self) -> int | Any: ...
    def poll(self) -> int | None: ...
    def wait(self, timeout: float | None = None) -> int: ...
    def communicate(self, *, timeout: float | None = None) -> tuple[str, str]: ...
    def send_signal(self, number: int, /) -> None: ...
    def terminate(self) -> None: ...
    def kill(self) -> None: ...


def environment(**changes: str) -> dict[str, str]:
    """The environment of a command: nothing of the developer's own, and no colours."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "TMPDIR") if name in os.environ}
    return {**kept, "PYTHONPATH": str(ROOT), "LANG": "C.UTF-8", "COLUMNS": "100", **changes}


def hrmsops(*words: str, cwd: Path, **variables: str) -> Ended:
    """Run a command without a terminal."""
    return ended(begin(*words, cwd=cwd, variables=environment(**variables)))


def ended(process: Begun, *, seconds: float = DEADLINE_SECONDS) -> Ended:
    """Wait for a process, which is killed when it takes too long."""
    try:
        out, err = process.communicate(timeout=seconds)
    except subprocess.TimeoutExpired:
        process.kill()
        raise
    documents.hold(out, written_by=process.args)
    return Ended(code=process.returncode, out=out, err=err)


def begin(*words: str, cwd: Path, variables: dict[str, str]) -> Begun:
    """Begin a command without a terminal, with those variables alone."""
    if not {name for name in variables if name.startswith("PYTHON")} - {"PYTHONPATH"}:
        return forked.server().start(*words, folder=str(cwd), variables=dict(variables))
    return begin_python("-m", "hrmsops", *words, cwd=cwd, variables=variables)


def begin_python(*words: str, cwd: Path, variables: dict[str, str]) -> Begun:
    """Begin a Python program without a terminal, with those variables alone."""
    return subprocess.Popen(
        [sys.executable, *words],
        cwd=cwd,
        env=variables,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def in_terminal(*words: str, cwd: Path, **variables: str) -> Any:
    """Start a Python program in a terminal of its own; type with `sendline`, read with `expect`."""
    return pexpect.spawn(
        sys.executable,
        list(words),
        cwd=str(cwd),
        env=environment(**{"TERM": "xterm-256color", "COLUMNS": "80", **variables}),
        dimensions=(40, 80),
        encoding="utf-8",
        timeout=DEADLINE_SECONDS,
    )


def end_of(terminal: Any) -> int:
    """Wait for the program to end, and give its exit code."""
    terminal.expect(pexpect.EOF)
    terminal.close()
    return int(terminal.exitstatus)


def on_path(folder: Path) -> str:
    """A PATH on which `hrmsops` and `python` are those of these tests, else what is there."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, words in (("hrmsops", '-m hrmsops "$@"'), ("python", '"$@"')):
        file = folder / name
        if not file.exists():
            file.write_text(f'#!/bin/sh\nexec "{sys.executable}" {words}\n')
            file.chmod(0o755)
    return os.pathsep.join([str(folder), os.environ["PATH"]])
