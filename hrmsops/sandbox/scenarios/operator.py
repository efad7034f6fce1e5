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
KEYS = "engineer.sh"
"""What a shell has to read before hrmsops can be typed in it."""


@dataclass(frozen=True)
class Desk:
    """Where hrmsops is typed during a drill."""

    folder: Path
    """The `hrmsops.toml` there has the environment."""
    env: dict[str, str]
    """The whole environment of a command."""

    @property
    def entrance(self) -> str:
        """What leads there from any other terminal; the passwords stay in the file."""
        return f"cd {shlex.quote(str(self.folder))} && . ./{KEYS}"


@dataclass(frozen=True, kw_only=True)
class Call:
    """One line that the drill types by itself."""

    words: tuple[str, ...]
    """hrmsops's arguments that would do it, without consent or form of output."""
    consent: Callable[[], tuple[str, ...]] = lambda: ("--yes",)
    """The answers to what a person is asked: nobody is, without a terminal."""
    desk: Desk
    decided: Callable[[], None] = lambda: None
    """To be called when the command is typed."""

    def answer(self) -> Answer:
        """Type it at once, with consent, and read its JSON; at most COMMAND_SECONDS_MAX."""
        self.decided()
        return look(self.desk, *self.words, *self.consent())


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What became of a call: the run where it is known, and how its command failed, else ""."""

    run: str | None = None
    problem: str = ""
    code: str = ""
    """Of the error, where there was one."""
    told: Json = field(default_factory=dict)
    """The one document that it printed; empty where it printed none, or to a person."""


@dataclass(frozen=True, kw_only=True)
class Duty:
    """A person is called: where to type, what could be typed next, how to tell that it is over."""

    desk: Desk
    first_line: str
    """What leads along the guide's tree, as a command without the word hrmsops."""
    next_line: Callable[[], str]
    """What is left to do; "" when nothing is."""
    is_over: Callable[[], bool]


class Person(Protocol):
    """Whoever brings production back, at this terminal or at another."""

    def work(self, duty: Duty) -> str:
        """Return when it is over with "", else with why they gave up."""


def look(desk: Desk, *words: str) -> Answer:
    """Type a line with `--json`, and wait for its one document."""
    try:
        done = subprocess.run(
            [sys.executable, "-m", "hrmsops", *words, "--json"],
            cwd=desk.folder,
            env=desk.env,
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


def desk_in(home: Home, passwords: Mapping[str, str]) -> Desk:
    """The drill's own folder, hrmsops's records in it; what opens it is written down there.

    `passwords` of the database's roles, by the variables that the config names.
    """
    own = _this_very_hrmsops(home)
    added = {"HRMSOPS_STATE_DIR": str(home.root / "operator"), **passwords}
    lines = [f"export {name}={shlex.quote(value)}" for name, value in added.items()]
    file = home.root / KEYS
    file.touch(mode=0o600)
    lines += [f'export PATH={shlex.quote(str(own))}:"$PATH"', ""]
    file.write_text("\n".join(lines), encoding="utf-8")
    path = f"{own}{os.pathsep}{os.environ.get('PATH', os.defpath)}"
    return Desk(folder=home.root, env={**os.environ, **added, "PATH": path})


def _this_very_hrmsops(home: Home) -> Path:
    """A folder for PATH, so that a line works as it stands, however this process was begun."""
    folder = home.root / "bin"
    folder.mkdir(exist_ok=True)
    found = os.environ.get("PYTHONPATH")
    lines = [
        "#!/bin/sh",
        *([f"export PYTHONPATH={shlex.quote(found)}"] if found else []),
        f'exec {shlex.quote(sys.executable)} -m hrmsops "$@"',
    ]
    script = folder / "hrmsops"
    script.write_text("\n".join([*lines, ""]), encoding="utf-8")
    script.chmod(0o700)
    return folder


def _document(output: str) -> Json:
    try:
        document = msgspec.json.decode(output)
    except msgspec.DecodeError:
        return {}
    return document if isinstance(document, dict) else {}
