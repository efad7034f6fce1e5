"""`python -m benchmarks.seed_sides ours|peer`: one seed of an empty database, and the same again.

What is measured is the work: the data read and checked, compared and written; neither the start of
a process nor that of Django, which both sides need. Printed as JSON: seconds, rows written, WAL.
"""

from __future__ import annotations

import gc
import json
import os
import resource
import sys
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec
import psycopg.sql

from benchmarks.harness import RSS_UNIT_BYTES
from hrmsops.config import Config
from hrmsops.config.seed_settings import Seed
from hrmsops.django.models import Models
from hrmsops.entry import GARBAGE
from hrmsops.postgres.session import Target, Timeouts, connect
from hrmsops.seed.catalogue import chosen
from hrmsops.seed.difference import ADD, ADOPT, CHANGE
from hrmsops.seed.material import material
from hrmsops.seed.seeding import Due, Origin, look, write_all

if TYPE_CHECKING:
    from hrmsops.postgres.session import Session

BENCH = "HRMSOPS_BENCH_SEED"
LIMIT = timedelta(minutes=10)
WRITTEN = """
SELECT pg_current_wal_insert_lsn() - '0/0'::pg_lsn, (SELECT coalesce(sum(xmin::text::bigint), 0)
FROM (SELECT xmin FROM reference_bank UNION ALL SELECT xmin FROM reference_bankbranch) AS r)
"""


class Ours:
    """The engine of `hrmsops seed` on the models that were described before."""

    def __init__(self, bench: dict[str, Any]) -> None:
        gc.set_threshold(*GARBAGE)  # As every command of hrmsops begins.
        limits = Timeouts(statement=LIMIT, lock=LIMIT, idle_in_transaction=LIMIT)
        self._target = Target(timeouts=limits, **bench["target"])
        self._models = msgspec.convert(bench["models"], Models)
        self._config = Config(seed=Seed(data=bench["data"]))
        self._runs = 0

    def seed(self) -> None:
        specs = chosen(["bank_sort_codes"], kind="sandbox")
        found = material(self._config, self._models, specs)
        due = [Due(mapped=found.mapped[name], rows=found.rows(name)) for name in found.due]
        self._runs += 1
        origin = Origin(
            run=f"bench-{self._runs}", operator="", environment="", kind="sandbox", instance=""
        )
        with connect(self._target) as session:
            differences = look(session, due, overwrite=False)
            if any(each.count(ADD, CHANGE, ADOPT) for each in differences):
                write_all(
                    session,
                    due,
                    origin,
                    overwrite=False,
                    shown={each.table: each.digest for each in differences},
                    patience=LIMIT,
                    on_wait=lambda _: None,
                )


class Peer:
    """Django's own `loaddata`, with the same rows as fixtures."""

    def __init__(self, bench: dict[str, Any]) -> None:
        os.chdir(bench["project"])
        sys.path.insert(0, bench["project"])
        os.environ["DJANGO_SETTINGS_MODULE"] = "alone"
        import django

        django.setup()
        self._files = [str(each) for each in sorted(Path(bench["fixtures"]).iterdir())]

    def seed(self) -> None:
        from django.core.management import call_command

        call_command("loaddata", *self._files, verbosity=0)


def main(words: list[str]) -> int:
    bench = json.loads(os.environ[BENCH])
    side: Ours | Peer = Ours(bench) if words == ["ours"] else Peer(bench)
    dsn = {n: bench["target"][n] for n in ("host", "port", "user", "password")}
    with psycopg.connect(dbname=bench["target"]["database"], autocommit=True, **dsn) as watch:
        first, second = _measured(side.seed, watch), _measured(side.seed, watch)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * RSS_UNIT_BYTES
    sys.stdout.write(json.dumps({"first": first, "second": second, "peak_bytes": peak}))
    return 0


def _measured(seed: Callable[[], None], watch: Session) -> dict[str, float]:
    wal, versions = _state(watch)
    begun = time.perf_counter()
    seed()
    seconds = time.perf_counter() - begun
    wal_after, versions_after = _state(watch)
    return {
        "seconds": seconds,
        "wal_bytes": wal_after - wal,
        "is_unwritten": float(versions == versions_after),
    }


def _state(watch: Session) -> tuple[float, float]:
    """How far the log is, and a number that changes with every row that is written."""
    row = watch.execute(WRITTEN).fetchone()
    assert row is not None
    return float(row[0]), float(row[1])


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
