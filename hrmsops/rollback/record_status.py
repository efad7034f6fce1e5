"""What is on record, as far as it can be read: without it a status still shows the cloud."""

from __future__ import annotations

from dataclasses import dataclass

from hrmsops.engine.holder import Holder
from hrmsops.engine.journal import Journal
from hrmsops.engine.run import Run
from hrmsops.errors.record import RecordUnusable
from hrmsops.world import World


@dataclass(frozen=True, kw_only=True)
class RecordStatus:
    """Every run, oldest first, and who holds the environment; `unknown` is why neither is known."""

    runs: tuple[Run, ...] = ()
    holder: Holder | None = None
    holder_is_gone: bool = False
    unknown: str = ""

    @property
    def warnings(self) -> tuple[str, ...]:
        """That there may be runs, holds and somebody at work, where nothing of it is known."""
        if not self.unknown:
            return ()
        return (f"Runs, holds and who is at work are not known: {self.unknown}",)


def read(world: World, journal: Journal) -> RecordStatus:
    """Look once."""
    lease = world.lease()
    try:
        runs, holder = journal.runs(), lease.holder()
    except RecordUnusable as error:
        return RecordStatus(unknown=f"{error.what} {error.why}")
    return RecordStatus(
        runs=tuple(runs),
        holder=holder,
        holder_is_gone=holder is not None and lease.is_gone(holder),
    )
