"""Which target answers the next request: by percent, and evenly spread."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import accumulate

from hrmsops.sandbox.workload import Workload

GOLDEN_RATIO_FRACTION = 0.618_033_988_749_894_9


class TrafficSplit:
    """A choice that keeps close to its percents after every request, and never beats in time.

    Multiples of the golden ratio fill the unit interval more evenly than chance, so that of 100
    requests very nearly 20 go to a target of 20 %; being irrational, they fall in with no client
    that sends its requests in a pattern. Not safe to use from many threads.
    """

    def __init__(self, targets: Sequence[tuple[Workload, int]]) -> None:
        """`targets` with percents that sum to 100; ValueError when they do not."""
        serving = [(workload, percent) for workload, percent in targets if percent > 0]
        if sum(percent for _, percent in serving) != 100:
            raise ValueError("the percents of the targets must sum to 100")
        bounds = accumulate(percent for _, percent in serving)
        self._bounds = [
            (bound, workload) for bound, (workload, _) in zip(bounds, serving, strict=True)
        ]
        self._point = 0.5

    def next(self) -> Workload:
        """The target of one more request."""
        self._point = (self._point + GOLDEN_RATIO_FRACTION) % 1.0
        return next(workload for bound, workload in self._bounds if self._point * 100 < bound)
