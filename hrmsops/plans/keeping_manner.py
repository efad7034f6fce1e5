"""How a partitioned table is kept up: which periods it is cut into, and how many to come."""

from __future__ import annotations

import msgspec

from hrmsops.partition.cut import Cut
from hrmsops.partition.periods import Every, guessed
from hrmsops.partition.sizes import spans
from hrmsops.postgres.partition_record import Recorded
from hrmsops.postgres.partitions import Ranges


def manner(
    ranges: Ranges, recorded: Recorded | None, ahead: int | None
) -> tuple[Every | None, int]:
    """As it was cut by us, else as its newest partition is; None where that is no period."""
    if recorded:
        cut = msgspec.convert(recorded.cut, Cut)
        return cut.every, ahead or cut.ahead
    every = guessed(spans(ranges))
    return every, ahead or (every.ahead if every else 0)
