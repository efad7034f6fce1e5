"""The stage of a drill: a sandbox of its own, taken down again when the drill is over."""

from __future__ import annotations

import signal
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from hrmsops.errors.estate import DrillFolderInUse
from hrmsops.sandbox.client import Client
from hrmsops.sandbox.daemon import Wish
from hrmsops.sandbox.destruction import destroy
from hrmsops.sandbox.home import Home
from hrmsops.sandbox.installed import require_extra
from hrmsops.sandbox.launch import start

ENDINGS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


@contextmanager
def stage(scenario: str, *, folder: Path | None, keep: bool) -> Iterator[Client]:
    """An empty sandbox that runs in `folder`, else in a temporary one.

    Unless `keep`, all of it is taken away at the end. Raises DrillFolderInUse when the folder holds
    anything: a drill never touches what it has not made.
    """
    require_extra()
    if folder is not None and folder.exists() and any(folder.iterdir()):
        raise DrillFolderInUse(scenario=scenario, folder=folder)
    home = Home(folder.absolute() if folder else Path(tempfile.mkdtemp(prefix="hrmsops-drill-")))
    try:
        yield start(home, Wish())
    finally:
        if not keep:
            with _undisturbed():
                destroy(home)


@contextmanager
def _undisturbed() -> Iterator[None]:
    """A signal comes too late: processes would be left behind that nobody knows of any more."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    # Handlers, for what is ignored would be ignored by the processes that are begun, too.
    before = {number: signal.signal(number, lambda *_: None) for number in ENDINGS}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
