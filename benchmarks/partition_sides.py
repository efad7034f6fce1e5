"""Our side of the benchmark of partitioning, in a process of its own."""

from __future__ import annotations

import json
import os
import sys
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from hrmsops.engine.plan import Plan
from hrmsops.partition.periods import Every
from hrmsops.plans.partition import plan
from hrmsops.plans.partition_cut import Asked
from hrmsops.postgres.session import Target, Timeouts
from tests.postgres.partitioning import ENVIRONMENT, Bench

KEEP = "keep"


def _cut(bench: Bench, name: str, method: Any, ahead: str) -> Plan:
    """By month; by day where it is said how many."""
    from hrmsops.plans.observing_partition import observe_table

    facts = observe_table(bench.world(), instance="i", table=name, column="created_at")
    every, count = (Every.DAY, int(ahead)) if ahead else (Every.MONTH, None)
    asked = Asked(column="created_at", every=every, method=method, ahead=count)
    return plan(facts, asked, environment=ENVIRONMENT, reason="benchmark")


def main(words: list[str]) -> None:
    fields = json.loads(os.environ["TARGET"])
    limit = timedelta(seconds=fields.pop("timeouts"))
    limits = Timeouts(statement=limit, lock=limit, idle_in_transaction=limit)
    bench = Bench(Target(**fields, timeouts=limits), Path(os.environ["STATE"]))
    name, how, ahead = (*words, "attach", "")[:3]

    began = time.perf_counter()
    made = _cut(bench, name, how, ahead) if how != KEEP else bench.keep(name, now=datetime.now(UTC))
    run = bench.run(made)
    seconds = time.perf_counter() - began
    results = (run.result(number) or {} for number in range(1, len(made.steps) + 1))
    locked = next((each["locked_ms"] for each in results if "locked_ms" in each), 0.0)
    told = {"seconds": seconds, "locked_ms": locked}
    Path(os.environ["TOLD"]).write_text(json.dumps(told))


if __name__ == "__main__":
    main(sys.argv[1:])
