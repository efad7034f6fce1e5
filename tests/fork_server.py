"""A process that has loaded what commands need, and forks for each command line that it is sent.

Loading Google's libraries is most of what a command costs, and none of what is tested. A fork is a
process like any other: it has its own folder, variables and standard streams, and can be killed.

On the socket: four bytes of length and what is asked as JSON, here {"words": [...], "folder": ...,
"variables": {...}}, with the ends of three pipes: standard output, standard error, and one on which
the process's id is told and, at its end, what `waitpid` says. Ends when nobody is at the other end
of the socket any more.
"""

from __future__ import annotations

import gc
import importlib
import json
import os
import pkgutil
import signal
import socket
import sys
import threading
import time
import traceback
from collections.abc import Callable
from contextlib import suppress
from typing import Any, NoReturn

Asked = dict[str, Any]
Run = Callable[[Asked], object]

LOADED = ("cli", "commands", "console", "gcp", "plans", "postgres", "rollback", "steps")
"""What commands import when they are typed; a module that is missing here only costs time."""
LIBRARIES = ("googleapiclient.discovery", "google.cloud.run_v2", "psycopg", "questionary")


def load() -> None:
    """Everything that a command may import."""
    for name in LOADED:
        package = importlib.import_module(f"hrmsops.{name}")
        below = getattr(package, "__path__", ())
        for found in pkgutil.walk_packages(below, f"hrmsops.{name}."):
            importlib.import_module(found.name)
    for name in LIBRARIES:
        importlib.import_module(name)


def serve(run: Run) -> None:
    """Fork for each command that is asked on the socket at standard input, which `run` then is."""
    gc.freeze()  # A child that looked for garbage in what is loaded would copy all of it.
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    asked = _next(socket.socket(fileno=os.dup(0)))
    if asked is not None:
        _be(run, asked)


def _next(asks: socket.socket) -> Asked | None:
    """What was asked, in the process that is to be it, and None at the end.

    Each has a process of its own that waits for it, since only a parent hears how a child ended.
    """
    while True:
        head, pipes, _, _ = socket.recv_fds(asks, 4, 3)
        if not head:
            return None
        told = json.loads(_exactly(asks, int.from_bytes(head, "big")))
        if not os.fork():
            asks.close()
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            out, err, end = pipes
            pid = os.fork()
            if not pid:
                os.close(end)
                _take_streams(out, err)
                return dict(told)
            os.close(out)
            os.close(err)
            os.write(end, f"{pid}\n".encode())
            os.write(end, f"{os.waitpid(pid, 0)[1]}\n".encode())
            os._exit(0)
        for pipe in pipes:
            os.close(pipe)


def _exactly(asks: socket.socket, size: int) -> bytes:
    found = b""
    while len(found) < size:
        if not (piece := asks.recv(size - len(found))):
            raise EOFError("Whoever asked is gone.")
        found += piece
    return found


def _take_streams(out: int, err: int) -> None:
    nothing = os.open(os.devnull, os.O_RDONLY)
    for own, number in ((nothing, 0), (out, 1), (err, 2)):
        os.dup2(own, number)
        os.close(own)
    sys.stdin, sys.stdout = os.fdopen(0), os.fdopen(1, "w")
    sys.stderr = os.fdopen(2, "w", buffering=1, errors="backslashreplace")


def hrmsops(asked: Asked) -> None:
    """Be what was typed."""
    os.chdir(asked["folder"])
    os.environ.clear()
    os.environ.update(asked["variables"])
    time.tzset()
    _customize(os.environ.get("PYTHONPATH", "").split(os.pathsep))
    sys.argv = ["hrmsops", *asked["words"]]
    importlib.import_module("hrmsops.entry").main()


def _customize(path: list[str]) -> None:
    """What Python does at its start with the folders on its path."""
    for folder in path:
        if folder and folder not in sys.path:
            sys.path.insert(0, folder)
            sys.modules.pop("sitecustomize", None)
    with suppress(ModuleNotFoundError):
        importlib.import_module("sitecustomize")


def _be(run: Run, asked: Asked) -> NoReturn:
    """Run it, and end as Python does, but without tidying up what was loaded before.

    That would copy all of its memory.
    """
    code = 1
    try:
        run(asked)
        code = 0
    except SystemExit as ended:
        code = ended.code if isinstance(ended.code, int) else int(ended.code is not None)
    except BaseException:
        traceback.print_exc()
    for thread in threading.enumerate():
        if not thread.daemon and thread is not threading.main_thread():
            thread.join()
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except OSError:
            code = code or 120  # As Python says it: nobody reads any more.
    os._exit(code)


if __name__ == "__main__":
    load()
    serve(hrmsops)
