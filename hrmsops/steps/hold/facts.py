"""What there is to hold, as it was found."""

from __future__ import annotations

import msgspec

from hrmsops.gcp.background import ENABLED, RUNNING, Execution, Queue, Scheduler, WorkerPool


class HoldFacts(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that `[environments.NAME.hold]` names, its jobs by what of them is running.

    `missing` are those that are not there, or that this account may not see, in words.
    """

    schedulers: tuple[Scheduler, ...] = ()
    queues: tuple[Queue, ...] = ()
    pools: tuple[WorkerPool, ...] = ()
    executions: tuple[Execution, ...] = ()
    missing: tuple[str, ...] = ()

    @property
    def enabled(self) -> tuple[Scheduler, ...]:
        return tuple(each for each in self.schedulers if each.state == ENABLED)

    @property
    def running(self) -> tuple[Queue, ...]:
        return tuple(each for each in self.queues if each.state == RUNNING)

    @property
    def working(self) -> tuple[WorkerPool, ...]:
        """Pools that have, or are on the way to, any instance."""
        return tuple(each for each in self.pools if each.instances or each.is_reconciling)

    @property
    def is_empty(self) -> bool:
        """Nothing is configured, or nothing of it is there."""
        return not (self.schedulers or self.queues or self.pools or self.executions)
