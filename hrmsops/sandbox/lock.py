"""One daemon a folder: a lock that ends with the process, however that ends."""

from __future__ import annotations

import fcntl
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO

from hrmsops.errors.sandbox import SandboxRunsAlready
from hrmsops.sandbox.home import Home

_POLL_SECONDS = 0.005


@contextmanager
def held(home: Home) -> Iterator[None]:
    """Be the one daemon of this folder; raises SandboxRunsAlready at once when there is another.

    A daemon's lock is exclusive, a look at it shares it for a moment: a look is waited out, and
    never mistaken for a daemon, nor a daemon for a look.
    """
    with (home.root / "lock").open("a") as file:
        while not _locked(file, fcntl.LOCK_EX):
            if not _locked(file, fcntl.LOCK_SH):
                raise SandboxRunsAlready(folder=home.root)
            fcntl.flock(file, fcntl.LOCK_UN)
            time.sleep(_POLL_SECONDS)
        yield


def is_held(home: Home) -> bool:
    """Whether a daemon runs in this folder."""
    try:
        with (home.root / "lock").open("a") as file:
            return not _locked(file, fcntl.LOCK_SH)
    except FileNotFoundError:
        return False


def _locked(file: IO[str], kind: int) -> bool:
    try:
        fcntl.flock(file, kind | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
