"""Whether hrmsops was installed with what the sandbox's own application runs on."""

from __future__ import annotations

from importlib.util import find_spec

from hrmsops.errors.sandbox import SandboxNotInstalled

EXTRA = ("django", "waitress")


def require_extra() -> None:
    """Raise SandboxNotInstalled where something is missing, before anything is begun."""
    if missing := tuple(each for each in EXTRA if find_spec(each) is None):
        raise SandboxNotInstalled(missing=missing)
