"""Who holds an environment: what is stored of it, and whether it is still there."""

from __future__ import annotations

import os
import uuid
from contextlib import suppress
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path

import msgspec

STALE_AFTER = timedelta(seconds=60)
"""Six heartbeats."""


class Holder(msgspec.Struct, frozen=True, kw_only=True):
    """The lease as it is stored. `fence` grows with every acquisition and never shrinks.

    As it is read, `heartbeat` is what the store's own clock says of it, where it has one.
    """

    scope: str
    fence: int
    run: str
    by: str
    host: str
    pid: int
    why: str
    since: datetime
    heartbeat: datetime
    is_released: bool = False
    machine: str = ""
    """What has the process's number: two machines may have one name, and a process each."""

    def is_stale(self, now: datetime) -> bool:
        """Silent for longer than six heartbeats."""
        return now - self.heartbeat > STALE_AFTER

    def is_dead(self, here: str) -> bool:
        """Held by a process of this host that is no more."""
        is_here = self.host == here and self.machine in ("", this_machine())
        return is_here and not is_alive(self.pid)


@cache
def this_machine() -> str:
    """A name for what gives processes their numbers: this start of this machine, this container."""
    found = [Path("/proc/sys/kernel/random/boot_id"), Path("/proc/self/ns/pid")]
    with suppress(OSError):
        return f"{found[0].read_text().strip()} {found[1].readlink()}"
    return f"{uuid.getnode():x}"


def is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
