"""A release of the HRMS as a process of its own, for tests that need no sandbox around it."""

from __future__ import annotations

import http.client
import json
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hrmsops.postgres.ports import free_port

HOST = "hrms.nhia.example"
START_SECONDS_MAX = 20.0


@dataclass(frozen=True)
class Served:
    """One running release: where it listens, its process, and the file of its log."""

    port: int
    process: subprocess.Popen[bytes]
    log: Path

    def ask(
        self, method: str, path: str, body: object = None, *, host: str = HOST
    ) -> tuple[int, Any]:
        """Status and JSON (None where the answer is none)."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        try:
            text = json.dumps(body) if body is not None else None
            connection.request(method, path, text, headers={"Host": host})
            reply = connection.getresponse()
            return reply.status, _json(reply.read())
        finally:
            connection.close()

    def log_lines(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.log.read_text().splitlines()]


@contextmanager
def served(image: Path, env: Mapping[str, str], log: Path) -> Iterator[Served]:
    """Run the image's server until the block ends."""
    port = free_port()
    with log.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "serve.py"],
            cwd=image,
            env={**env, "PORT": str(port)},
            stdout=output,
            stderr=output,
        )
    try:
        _await_first_answer(process, port)
        yield Served(port, process, log)
    finally:
        process.terminate()
        process.wait(timeout=20)


def manage(image: Path, env: Mapping[str, str], *words: str) -> str:
    """Run one of the image's management commands; what it printed."""
    done = subprocess.run(
        [sys.executable, "manage.py", *words],
        cwd=image,
        env=dict(env),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def _await_first_answer(process: subprocess.Popen[bytes], port: int) -> None:
    deadline = time.monotonic() + START_SECONDS_MAX
    while time.monotonic() < deadline and process.poll() is None:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
        try:
            connection.request("GET", "/healthz", headers={"Host": HOST})
            connection.getresponse().read()
        except OSError:
            time.sleep(0.01)
        else:
            return
        finally:
            connection.close()
    raise AssertionError(f"no answer on port {port}")


def _json(text: bytes) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return None
