"""Processes that outlive the daemon, each in its own session and on record before it runs."""

from __future__ import annotations

import re
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from hrmsops.sandbox.home import Home
from hrmsops.sandbox.process_records import ProcessRecord, ProcessRecords

POLL_SECONDS = 0.01
KILL_SECONDS = 10.0

# The child waits for a word from the daemon, which is given after the record is written: a daemon
# that is killed in between leaves the child with an end of file, and it ends without having begun.
_SERVE = 'read -r go || exit 125; exec "$@" </dev/null'
_TASK = (
    'read -r go || exit 125; trap : TERM; file=$1; shift; "$@" </dev/null; code=$?; '
    'echo "$code" >"$file.new" && mv "$file.new" "$file"; exit "$code"'
)
_NAME = re.compile(r"[a-z0-9][a-z0-9.-]*")


class Processes:
    """The processes of one sandbox, by name; safe to use from many threads."""

    def __init__(self, home: Home) -> None:
        self._home = home
        self._records = ProcessRecords(home.processes)
        self._children: dict[str, subprocess.Popen[bytes]] = {}
        self._lock = threading.RLock()

    def start(
        self,
        name: str,
        command: Sequence[str],
        *,
        folder: Path,
        env: Mapping[str, str],
        port: int = 0,
        deadline: float = 0.0,
        keep_exit_code: bool = False,
    ) -> ProcessRecord:
        """Run `command` in `folder`, its output in `logs/NAME.log`, and put it on record.

        A minimal environment and `env` over it. ValueError for a name that cannot be a file's or
        that runs already. With `keep_exit_code`, `exit_code(name)` tells how it ended.
        """
        with self._lock:
            if not _NAME.fullmatch(name) or self.is_alive(name):
                raise ValueError(f"{name!r} is no name for a process, or it runs already")
            self._clear(name)
            words = [sys.executable if command[0] == "python" else command[0], *command[1:]]
            if keep_exit_code:
                words = ["/bin/sh", "-c", _TASK, "task", str(self._exit_file(name)), *words]
            else:
                words = ["/bin/sh", "-c", _SERVE, "serve", *words]
            child = self._spawn(name, words, folder=folder, env=env)
            record = _record_of(name, child.pid, port=port, deadline=deadline)
            self._records.write(record)
            self._children[name] = child
            _let_go(child)
        return record

    def record(self, name: str) -> ProcessRecord | None:
        """What is on record, whether it runs or not."""
        return self._records.read(name)

    def names(self) -> list[str]:
        """Every process on record."""
        return self._records.names()

    def is_alive(self, name: str) -> bool:
        """Whether it runs: asked of the kernel, not of the record alone."""
        with self._lock:
            child = self._children.get(name)
            if child is not None:
                return child.poll() is None
            record = self._records.read(name)
        return record is not None and record.is_alive()

    def exit_code(self, name: str) -> int | None:
        """How a process with `keep_exit_code` ended; None when it was killed or goes on."""
        try:
            return int(self._exit_file(name).read_text())
        except FileNotFoundError:
            return None

    def stop(self, name: str, *, grace_seconds: float) -> None:
        """SIGTERM, and SIGKILL for what is left after the grace; its record goes with it."""
        self.end(name, grace_seconds=grace_seconds)
        self.forget(name)

    def end(self, name: str, *, grace_seconds: float) -> None:
        """As `stop`, but the record stays, for whoever watches for the end."""
        record = self._records.read(name)
        if record is None:
            return
        if grace_seconds and self.is_alive(name):
            record.signal_session(signal.SIGTERM)
            self._wait(name, seconds=grace_seconds)
        self.kill(name)

    def kill(self, name: str) -> None:
        """SIGKILL for the whole session; the record stays, so that the end can be looked into."""
        record = self._records.read(name)
        if record is None:
            return
        record.signal_session(signal.SIGKILL)
        if not self._wait(name, seconds=KILL_SECONDS):
            raise TimeoutError(f"{name} (pid {record.pid}) outlived SIGKILL by {KILL_SECONDS} s")

    def stop_all(self, *, grace_seconds: float) -> None:
        """Stop every process on record, side by side."""
        stops = [
            threading.Thread(
                target=self.stop, args=(name,), kwargs={"grace_seconds": grace_seconds}
            )
            for name in self.names()
        ]
        for stop in stops:
            stop.start()
        for stop in stops:
            stop.join()

    def adopt(self) -> list[ProcessRecord]:
        """Those on record that still run; what a dead one left running is ended.

        Dead ones that kept an exit code stay on record until `forget`.
        """
        alive = []
        for record in self._records.all():
            if record.is_alive():
                alive.append(record)
                continue
            record.signal_session(signal.SIGKILL)
            if self.exit_code(record.name) is None:
                self.forget(record.name)
        return alive

    def forget(self, name: str) -> None:
        """Remove the record, the scratch folder and the exit code of a process that has ended."""
        with self._lock:
            child = self._children.pop(name, None)
            if child is not None:
                child.wait(KILL_SECONDS)
            self._records.forget(name)
            self._exit_file(name).unlink(missing_ok=True)
            shutil.rmtree(self._scratch(name), ignore_errors=True)

    def _clear(self, name: str) -> None:
        """End what an earlier process of this name left running, and forget it."""
        record = self._records.read(name)
        if record is not None:
            record.signal_session(signal.SIGKILL)
        self.forget(name)

    def _spawn(
        self, name: str, words: list[str], *, folder: Path, env: Mapping[str, str]
    ) -> subprocess.Popen[bytes]:
        scratch = self._scratch(name)
        scratch.mkdir(parents=True, exist_ok=True)
        minimal = {
            "PATH": f"{Path(sys.executable).parent}:/usr/local/bin:/usr/bin:/bin",
            "HOME": str(scratch),
            "LANG": "C.UTF-8",
            "TZ": "UTC",
            "PYTHONDONTWRITEBYTECODE": "1",
        }
        with (self._home.logs / f"{name}.log").open("ab") as log:
            return subprocess.Popen(
                words,
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=log,
                cwd=folder,
                env={**minimal, **env},
                start_new_session=True,
            )

    def _wait(self, name: str, *, seconds: float) -> bool:
        deadline = time.monotonic() + seconds
        while self.is_alive(name):
            if time.monotonic() > deadline:
                return False
            time.sleep(POLL_SECONDS)
        return True

    def _exit_file(self, name: str) -> Path:
        return self._home.processes / f"{name}.exit"

    def _scratch(self, name: str) -> Path:
        return self._home.processes / f"{name}.home"


def _record_of(name: str, pid: int, *, port: int, deadline: float) -> ProcessRecord:
    import psutil

    created = psutil.Process(pid).create_time()
    return ProcessRecord(name=name, pid=pid, created=created, port=port, deadline=deadline)


def _let_go(child: subprocess.Popen[bytes]) -> None:
    assert child.stdin is not None
    try:
        child.stdin.write(b"go\n")
        child.stdin.close()
    except BrokenPipeError:  # It was killed before it began: is_alive tells.
        return
