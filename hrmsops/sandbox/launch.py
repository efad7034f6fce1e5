"""Bringing a sandbox's daemon up in the background, and taking it down, from another process."""

from __future__ import annotations

import subprocess
import sys
import time
from contextlib import suppress

import msgspec

from hrmsops.errors.sandbox import (
    SandboxDidNotStart,
    SandboxDidNotStop,
    SandboxIsDown,
    SandboxRefused,
)
from hrmsops.sandbox.client import Client
from hrmsops.sandbox.daemon import LastWords, Wish, known_endpoint
from hrmsops.sandbox.home import Home
from hrmsops.sandbox.installed import require_extra
from hrmsops.sandbox.lock import is_held

START_SECONDS_MAX = 60.0
STOP_SECONDS_MAX = 60.0
UNAUTHENTICATED = 401
_POLL_SECONDS = 0.02


def start(home: Home, wish: Wish) -> Client:
    """Start a daemon that outlives this process, and wait until it answers.

    Two that do so at once end with one daemon, and both get its client.
    """
    require_extra()
    home.prepare()
    with (home.logs / "sandbox.log").open("ab") as log:
        daemon = subprocess.Popen(
            [
                sys.executable,
                "-m",
                "hrmsops.sandbox.daemon",
                str(home.root),
                msgspec.json.encode(wish).decode(),
            ],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    try:
        client = _answering(home, daemon)
    except BaseException:
        # Nobody waits for it any more, and nobody would know of it.
        daemon.terminate()
        with suppress(subprocess.TimeoutExpired):
            daemon.wait(STOP_SECONDS_MAX)
        raise
    if client is None:
        raise _did_not_start(home)
    return client


def _answering(home: Home, daemon: subprocess.Popen[bytes]) -> Client | None:
    """The client as soon as a daemon answers; None when it ended, or was silent for too long."""
    deadline = time.monotonic() + START_SECONDS_MAX
    while time.monotonic() < deadline:
        if (client := running(home)) is not None:
            return client
        if daemon.poll() is not None and not is_held(home):
            return None
        time.sleep(_POLL_SECONDS)
    return None


def running(home: Home) -> Client | None:
    """The client of the daemon that runs in this folder, once it answers; else None."""
    if known_endpoint(home) is None or not is_held(home):
        return None
    client = Client.of(home)
    try:
        client.status()
    except SandboxIsDown:
        return None
    except SandboxRefused as refusal:
        # The endpoint on file is a predecessor's, and another sandbox has its port by now.
        if refusal.http_code != UNAUTHENTICATED:
            raise
        return None
    return client


def stop(home: Home) -> bool:
    """Take the daemon down and wait until it has gone; False when none ran."""
    if not is_held(home):
        return False
    deadline = time.monotonic() + STOP_SECONDS_MAX
    client = running(home)
    if client is not None:
        client.call("POST", "/_sandbox/down", {})
    while is_held(home):
        if time.monotonic() > deadline:
            raise SandboxDidNotStop(folder=home.root)
        time.sleep(_POLL_SECONDS)
    return True


def _did_not_start(home: Home) -> SandboxDidNotStart:
    """With the daemon's last line for the reason: its own error, or a traceback's end."""
    lines = (home.logs / "sandbox.log").read_text(errors="replace").strip().splitlines()
    last = lines[-1] if lines else ""
    try:
        told = msgspec.json.decode(last, type=LastWords)
    except msgspec.DecodeError:
        return SandboxDidNotStart(folder=home.root, last_words=last)
    return SandboxDidNotStart(folder=home.root, last_words=told.why, fix=told.fix)
