"""Who brings production back: hrmsops's own command line, typed by the drill or by a person."""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

import msgspec

from hrmsops.sandbox.home import Home
from hrmsops.sandbox.state import Json

COMMAND_SECONDS_MAX = 120.0


@dataclass(frozen=True, kw_only=True)
class Call:
    """An operator is called: what production needs, and how to tell that it is well again."""

    words: tuple[str, ...]
    """hrmsops's arguments that would do it, without consent or form of output."""
    consent: Callable[[], tuple[str, ...]] = lambda: ("--yes",)
    """The answers to what a person is asked: nobody is, without a terminal."""
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
    code: str = ""
    """Of the error, where there was one."""
    told: Json = field(default_factory=dict)
    """The one document that it printed; empty where it printed none, or to a person."""


class Operator(Protocol):
    """Answers a call; may return before production is well again."""

    def answer(self, call: Call) -> Answer: ...


class Unattended:
    """Types the command at once, with consent, and reads its JSON."""

    def answer(self, call: Call) -> Answer:
        """Run the command as a process of its own, at most COMMAND_SECONDS_MAX."""
        call.decided()
        return look(call, *call.words, *call.consent())


def look(call: Call, *words: str) -> Answer:
    """Type a line with `--json` in the place of that call, and wait for its one document."""
    try:
        done = subprocess.run(
            [sys.executable, "-m", "hrmsops", *words, "--json"],
            cwd=call.folder,
            env=call.env,
            capture_output=True,
            text=True,
            timeout=COMMAND_SECONDS_MAX,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return Answer(problem=f"It had not ended after {COMMAND_SECONDS_MAX:.0f} seconds.")
    told, problem = _document(done.stdout), ""
    error = told.get("error") or told.get("failure") or {}
    if done.returncode != 0:
        why = f"{error.get('what', '')} {error.get('why', '')}".strip() or done.stderr.strip()
        problem = f"`hrmsops {words[0]} …` ended with exit code {done.returncode}. {why}"
    run = told.get("run")
    return Answer(
        run=run if isinstance(run, str) else None,
        problem=problem,
        code=error.get("code", ""),
        told=told,
    )


def environment(home: Home, passwords: Mapping[str, str]) -> dict[str, str]:
    """This process's environment, with hrmsops's own records kept in the drill's folder.

    `passwords` of the database's roles, by the variables that the config names.
    """
    return {**os.environ, "HRMSOPS_STATE_DIR": str(home.root / "operator"), **passwords}


def _document(output: str) -> Json:
    try:
        document = msgspec.json.decode(output)
    except msgspec.DecodeError:
        return {}
    return document if isinstance(document, dict) else {}
