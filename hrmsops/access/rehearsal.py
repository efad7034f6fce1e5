"""How a shell gets the passwords of a sandbox: they lie beside its configuration."""

from __future__ import annotations

import shlex
from pathlib import Path

from hrmsops.config import Environment

KEPT_IN = "passwords.json"


def line(folder: Path, environment: str = "production") -> str:
    """What is typed in a shell for the sandbox in that folder."""
    return f'eval "$(hrmsops sandbox env -e {environment} --dir {shlex.quote(str(folder))})"'


def mend(environment: Environment, config: Path | None) -> str:
    """The same for whoever lacks a password, "" where the environment is no sandbox's."""
    if not (environment.endpoint and config and (config.parent / KEPT_IN).is_file()):
        return ""
    return line(config.parent, environment.name)
