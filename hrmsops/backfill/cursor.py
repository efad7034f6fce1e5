"""How far a run has come: the one thing that a checkpoint needs to hold."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any

MAIN, SWEEP, DONE = "main", "sweep", "done"


@dataclass(frozen=True, kw_only=True)
class Cursor:
    """`after` is the last key that is done, in all of its turns; a page's number among pages.

    Within a segment `until` is its last key (or page, then without it), and `turn` the next of its
    strided batches. Both stand in the checkpoint: another batch size later cannot move them.
    """

    phase: str = MAIN
    after: Any = None
    until: Any = None
    turn: int = 0
    sweep: int = 0
    """How many sweeps have come to their end."""
    high: Any = None
    """The last key when the sweep began: rows that come faster than it goes are not chased."""
    swept: int = 0
    """Rows of the sweep under way."""

    @classmethod
    def of(cls, document: Mapping[str, Any]) -> Cursor:
        return cls(**document)

    def as_document(self) -> dict[str, Any]:
        return asdict(self)

    def past(self, key: Any) -> Cursor:
        """The next batch begins after `key`."""
        return replace(self, after=key, until=None, turn=0)

    def in_turn(self, turn: int, *, until: Any) -> Cursor:
        """The next batch is that turn of the segment."""
        return replace(self, turn=turn, until=until)

    def enter(self, phase: str) -> Cursor:
        return replace(self, phase=phase, after=None, until=None, turn=0)

    def enter_sweep(self, high: Any) -> Cursor:
        """The first, or one more."""
        number = self.sweep + 1 if self.phase == SWEEP else 0
        return replace(self.enter(SWEEP), high=high, sweep=number, swept=0)
