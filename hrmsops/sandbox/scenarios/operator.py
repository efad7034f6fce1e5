"""Who brings production back: hrmsops's own command line, typed by the drill or by a person."""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import msgspec

from hrmsops.sandbox.home import Home

COMMAND_SECONDS_MAX = 120.0


@dataclass(frozen=True, kw_only=True)
class Call:
    """An operator is called: what production needs, and how to tell that it is well again."""

    words: tuple[str, ...]
    """hrmsops's arguments that would do it, without consent or form of output."""
    folder: Path
    """Where to type it: the `hrmsops.toml` there has the environment."""
    env: dict[str, str]
    """The whole environment of the command."""
    decided: Callable[[], None]
    """To be called when this very command is typed; any other shows in the traffic itself."""
    has_shifted: Callable[[], bool]
    """Whether the traffic has left the bad revision."""
    is_over: Callable[[], bool]
    """Whether production is well again."""

    @property
    def sentence(self) -> str:
        """The command as a person types it."""
        return shlex.join(("hrmsops", *self.words))


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What became of a call: the run where it is known, and how its command failed, else ""."""

    run: str | None = None
    problem: str = ""


class Operator(Protocol):
    """Answers a call; may return before production is well again."""

    def answer(self, call: Call) -> Answer: ...


class Unattended:
    """Types the command at once, with consent, and reads its JSON."""

    def answer(self, call: Call) -> Answer:
        """Run the command as a process of its own, at most COMMAND_SECONDS_MAX."""
        call.decided()
        try:
            done = subprocess.run(
                [sys.executable, "-m", "hrmsops", *call.words, "--yes", "--json"],
                cwd=call.folder,
                env=call.env,
                capture_output=True,
                text=True,
                timeout=COMMAND_SECONDS_MAX,
                check=False,
            )
        except subprocess.TimeoutExpired:
            return Answer(problem=f"It had not ended after {COMMAND_SECONDS_MAX:.0f} seconds.")
        problem = ""
        if done.returncode != 0:
            problem = f"It ended with exit code {done.returncode}. {done.stderr.strip()}"
        return Answer(run=_run_of(done.stdout), problem=problem)


def environment(home: Home) -> dict[str, str]:
    """This process's environment, with hrmsops's own records kept in the drill's folder."""
    return {**os.environ, "HRMSOPS_STATE_DIR": str(home.root / "operator")}


def _run_of(output: str) -> str | None:
    try:
        document = msgspec.json.decode(output)
    except msgspec.DecodeError:
        return None
    run = document.get("run") if isinstance(document, dict) else None
    return run if isinstance(run, str) else None
