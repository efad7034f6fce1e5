"""Whether a lease's holder on another machine, whose last beat is young, still lives."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

from hrmsops.engine.clock import Clock
from hrmsops.engine.holder import Holder, this_machine
from hrmsops.engine.lease import HEARTBEAT, Lease

PAUSE = timedelta(seconds=1)


def wait_for_silence(
    lease: Lease, run: str, clock: Clock, *, here: str, at_begin: Callable[[Holder], None]
) -> None:
    """Return once `run` may take up the lease that its dead process left, or that one beats.

    A runner that was killed seems alive for a minute, and whoever goes on at once would be refused.
    `at_begin` is called where there is something to wait for.
    """
    first = holder = lease.holder()
    if first is None or first.run != run or _is_seen(first, here) or lease.is_gone(first):
        return
    at_begin(first)
    while holder and holder.fence == first.fence and not lease.is_gone(holder):
        if holder.heartbeat - first.heartbeat > HEARTBEAT / 2:
            return  # It lives: to acquire the lease is refused, and says whose it is.
        clock.sleep(PAUSE)
        holder = lease.holder()


def _is_seen(holder: Holder, here: str) -> bool:
    """Of this machine's processes it is known whether they live."""
    return holder.host == here and holder.machine in ("", this_machine())
