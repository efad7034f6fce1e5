"""A command line in the hands of a fault that is armed on the sandbox."""

from __future__ import annotations

import time
from typing import Any

from hrmsops.sandbox.client import Client
from tests.command_line import Begun

MET_SECONDS_MAX = 120


def until_met(client: Client, fault: dict[str, Any], process: Begun) -> None:
    """Wait until a call has met the fault, or the process ended before it."""
    deadline = time.monotonic() + MET_SECONDS_MAX
    while time.monotonic() < deadline:
        armed = client.call("GET", "/_sandbox/faults")["faults"]
        if process.poll() is not None or fault["id"] not in {each["id"] for each in armed}:
            return
        time.sleep(0.02)
    raise TimeoutError(f"No call met fault {fault['id']}.")


def kill_when_met(client: Client, fault: dict[str, Any], process: Begun) -> None:
    """SIGKILL the process while its call is in the fault's hands."""
    until_met(client, fault, process)
    process.kill()
    process.communicate(timeout=60)
