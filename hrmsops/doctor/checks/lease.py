"""Who holds the environment."""

from __future__ import annotations

import socket
from datetime import datetime
from typing import TYPE_CHECKING

import msgspec

from hrmsops.doctor.check import Check, Finding, Topic, good, warning
from hrmsops.doctor.commands import CHANGES
from hrmsops.doctor.words import at
from hrmsops.engine.lease import Holder

if TYPE_CHECKING:
    from hrmsops.doctor.around import Around


class Seen(msgspec.Struct, frozen=True, kw_only=True):
    holder: Holder | None
    now: datetime
    host: str


def look(around: Around) -> Seen:
    world = around.world
    return Seen(holder=world.lease().holder(), now=world.clock.now(), host=socket.gethostname())


def judge(seen: Seen) -> Finding:
    holder = seen.holder
    if holder is None:
        return good("nobody holds the environment")
    told = f"Run {holder.run} of {holder.by} on {holder.host} since {at(holder.since)}"
    if holder.is_stale(seen.now) or holder.is_dead(seen.host):
        return warning(f"{told}; its process is gone", f"hrmsops resume {holder.run}")
    return warning(f"{told} goes on ({holder.why})", f"hrmsops runs show {holder.run}")


CHECK = Check(
    title="lease",
    topic=Topic.RECORD,
    place=2,
    asks="Does somebody hold the environment?",
    commands=CHANGES,
    look=look,
    judge=judge,
)
