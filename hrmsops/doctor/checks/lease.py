"""Who holds the environment."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from hrmsops.doctor.check import Check, Finding, Topic, good, warning
from hrmsops.doctor.commands import CHANGES
from hrmsops.doctor.words import at
from hrmsops.engine.holder import Holder

if TYPE_CHECKING:
    from hrmsops.doctor.around import Around


class Seen(msgspec.Struct, frozen=True, kw_only=True):
    """`is_gone`: its process has ended, or is silent by the clock of the record."""

    holder: Holder | None
    is_gone: bool


def look(around: Around) -> Seen:
    lease = around.world.lease()
    holder = lease.holder()
    return Seen(holder=holder, is_gone=holder is not None and lease.is_gone(holder))


def judge(seen: Seen) -> Finding:
    holder = seen.holder
    if holder is None:
        return good("nobody holds the environment")
    told = f"Run {holder.run} of {holder.by} on {holder.host} since {at(holder.since)}"
    if seen.is_gone:
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
