"""hrmsops as it is used: a process of its own, in a pipe or in a terminal."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pexpect

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


def environment(**changes: str) -> dict[str, str]:
    """The environment of a command: nothing of the developer's own, and no colours."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "TMPDIR") if name in os.environ}
    return {**kept, "PYTHONPATH": str(ROOT), "LANG": "C.UTF-8", "COLUMNS": "100", **changes}


def hrmsops(*words: str, cwd: Path, **variables: str) -> Ended:
    """Run a command without a terminal."""
    ended = subprocess.run(
        [sys.executable, "-m", "hrmsops", *words],
        cwd=cwd,
        env=environment(**variables),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=DEADLINE_SECONDS,
        check=False,
    )
    return Ended(code=ended.returncode, out=ended.stdout, err=ended.stderr)


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
