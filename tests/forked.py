"""A command as a process of its own, forked from one that has loaded it: tests/fork_server.py."""

from __future__ import annotations

import atexit
import json
import os
import select
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import IO, Any

ROOT = Path(__file__).parent.parent


class Forked:
    """A command line that was begun: what the tests need of `subprocess.Popen`, in its words."""

    def __init__(self, words: tuple[str, ...], out: int, err: int, end: int) -> None:
        self.args = words
        self.stdout: IO[str] = os.fdopen(out)
        self.stderr: IO[str] = os.fdopen(err)
        self.returncode: int | None = None
        self._end = os.fdopen(end)
        self._lock = threading.Lock()
        self.pid = int(self._end.readline())

    def poll(self) -> int | None:
        """How it ended, None while it runs."""
        return self._ended(0)

    def wait(self, timeout: float | None = None) -> int:
        """How it ended; raises TimeoutExpired."""
        code = self._ended(timeout)
        if code is None:
            raise subprocess.TimeoutExpired(self.args, timeout or 0)
        return code

    def communicate(self, timeout: float | None = None) -> tuple[str, str]:
        """All that it writes, once it has ended; raises TimeoutExpired."""
        texts = {}

        def read(stream: IO[str]) -> None:
            texts[stream] = stream.read()
            stream.close()

        readers = [
            threading.Thread(target=read, args=(stream,), daemon=True)
            for stream in (self.stdout, self.stderr)
        ]
        for reader in readers:
            reader.start()
        for reader in readers:
            reader.join(timeout)
            if reader.is_alive():
                raise subprocess.TimeoutExpired(self.args, timeout or 0)
        self.wait(timeout)
        return texts[self.stdout], texts[self.stderr]

    def send_signal(self, number: int) -> None:
        """Signal it, unless it has ended."""
        if self.poll() is None:
            os.kill(self.pid, number)

    def terminate(self) -> None:
        """SIGTERM."""
        self.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        """SIGKILL."""
        self.send_signal(signal.SIGKILL)

    def _ended(self, seconds: float | None) -> int | None:
        with self._lock:
            if self.returncode is None and select.select([self._end], [], [], seconds)[0]:
                self.returncode = os.waitstatus_to_exitcode(int(self._end.readline()))
                self._end.close()
            return self.returncode


class ForkServer:
    """A process that forks for whatever is asked, until it is closed."""

    def __init__(self, *words: str, folder: Path, variables: Mapping[str, str]) -> None:
        self._asks, theirs = socket.socketpair()
        self._lock = threading.Lock()
        command = [sys.executable, *words]
        with theirs:
            self._process = subprocess.Popen(
                command, cwd=folder, env=variables, stdin=theirs.fileno()
            )

    def start(self, *words: str, **asked: Any) -> Forked:
        """Begin that command; what else is asked is of the server's kind."""
        body = json.dumps({"words": words, **asked}).encode()
        pairs = [os.pipe() for _ in range(3)]
        with self._lock:
            theirs = [writing for _, writing in pairs]
            socket.send_fds(self._asks, [len(body).to_bytes(4, "big")], theirs)
            self._asks.sendall(body)
        for _, writing in pairs:
            os.close(writing)
        return Forked(words, *(reading for reading, _ in pairs))

    def close(self) -> None:
        """Let it end; what it forked goes on."""
        self._asks.close()
        self._process.wait()


@cache
def server() -> ForkServer:
    """Forks hrmsops; one for all tests of a worker, from its first command on."""
    variables = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    made = ForkServer("-m", "tests.fork_server", folder=ROOT, variables=variables)
    atexit.register(made.close)
    return made
