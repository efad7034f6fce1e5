"""`python -m benchmarks.compare_sides ours|peer TABLE`: one look at both databases, as a process.

The targets come as JSON in a variable. The peer is what one would type: a count and a sum of
hashes of whole rows, in both databases at once; it says whether they differ, not where.
"""

from __future__ import annotations

import json
import os
import sys
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

from hrmsops.postgres.compare import compare
from hrmsops.postgres.session import Target, Timeouts, connect

HASHED = "SELECT count(*), sum(hashtextextended(t::text, 0)) FROM {} AS t"
TARGETS = "HRMSOPS_BENCH_TARGETS"
LIMIT = timedelta(minutes=30)


def main(words: list[str]) -> int:
    """0 where the two differ, as they were made to."""
    side, table = words
    limits = Timeouts(statement=LIMIT, lock=LIMIT, idle_in_transaction=LIMIT)
    here, there = (Target(timeouts=limits, **each) for each in json.loads(os.environ[TARGETS]))
    if side == "ours":
        found = compare(here, there, tables=[table], keys_max=0)
        return int(found.is_same)
    with ThreadPoolExecutor() as threads:
        sums = list(threads.map(lambda target: _hashed(target, table), (here, there)))
    return int(sums[0] == sums[1])


def _hashed(target: Target, table: str) -> tuple[Any, ...] | None:
    with connect(target, read_only=True) as session:
        return session.execute(HASHED.format(table).encode()).fetchone()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
