"""Our side of the benchmark of partitioning, in a process of its own."""

from __future__ import annotations

import json
import os
import sys
import time
from datetime import timedelta
from pathlib import Path

from hrmsops.partition.periods import Every
from hrmsops.plans.partition import plan
from hrmsops.plans.partition_cut import Asked
from hrmsops.postgres.session import Target, Timeouts
from tests.postgres.partitioning import ENVIRONMENT, Bench


def main(words: list[str]) -> None:
    fields = json.loads(os.environ["TARGET"])
    limit = timedelta(seconds=fields.pop("timeouts"))
    limits = Timeouts(statement=limit, lock=limit, idle_in_transaction=limit)
    bench = Bench(Target(**fields, timeouts=limits), Path(os.environ["STATE"]))
    from hrmsops.plans.observing_partition import observe_table

    began = time.perf_counter()
    facts = observe_table(bench.world(), instance="i", table=words[0], column="created_at")
    asked = Asked(column="created_at", every=Every.MONTH, method="attach", ahead=None)
    made = plan(facts, asked, environment=ENVIRONMENT, reason="benchmark")
    run = bench.run(made)
    seconds = time.perf_counter() - began
    locked = next(
        result["locked_ms"]
        for number in range(1, len(made.steps) + 1)
        if "locked_ms" in (result := run.result(number) or {})
    )
    told = {"seconds": seconds, "locked_ms": locked}
    Path(os.environ["TOLD"]).write_text(json.dumps(told))


if __name__ == "__main__":
    main(sys.argv[1:])
