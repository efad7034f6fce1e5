"""Two databases compared by key, beside a count and a full hash in SQL; its memory by table size.

The peer only says whether two tables differ. Ours says which rows, so a part of its time is for
that: 20 rows differ, scattered over the table. Both look at the two databases at once.
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from benchmarks import harness
from benchmarks.compare_sides import TARGETS
from benchmarks.harness import Row, Sample
from hrmsops.postgres.binaries import find_binaries
from hrmsops.postgres.cloud_sql_roles import create_database, create_roles
from hrmsops.postgres.cluster import Cluster
from hrmsops.postgres.server_account import ServerAccount, remove_stand_in
from hrmsops.sandbox.instances import User

SIZES = (100_000, 1_000_000, 10_000_000)
SIZES_QUICK = (20_000, 400_000)
PAIRS, PAIRS_QUICK = 5, 2
FLAT = 1.2
"""Peak memory at the largest size, beside that at the smallest."""
DATABASES = ("clone", "damaged")
LOGIN = User(name="hrms_app", password="only the benchmark knows")
TABLE = """
CREATE TABLE {name} (id bigint PRIMARY KEY, payslip_id bigint NOT NULL, component varchar(20),
    amount numeric(12,2), created_at timestamptz NOT NULL);
INSERT INTO {name} SELECT n, n / 10, 'BASIC', n % 9000,
    '2026-01-01Z'::timestamptz + n * '1s'::interval FROM generate_series(1, {rows}) n;
ANALYZE {name};
"""
DAMAGE = """
UPDATE {name} SET amount = 0 WHERE id % ({rows} / 10) = 7;
DELETE FROM {name} WHERE id % ({rows} / 10) = 11;
VACUUM ANALYZE {name};
"""


class Bench:
    """A server with a clone and a damaged database, and a table of each size in both."""

    def __init__(self, cluster: Cluster) -> None:
        self._cluster = cluster

    def prepare(self, sizes: tuple[int, ...]) -> None:
        with self._cluster.connect("postgres") as session:
            create_roles(session, (LOGIN,))
            for database in DATABASES:
                create_database(session, database, owner=LOGIN.name)
        for database in DATABASES:
            with self._cluster.connect(database) as session:
                session.execute(f"SET ROLE {LOGIN.name}".encode())
                for rows in sizes:
                    script = TABLE + (DAMAGE if database == "damaged" else "")
                    for statement in script.format(name=_name(rows), rows=rows).split(";"):
                        session.execute(statement.encode())

    def look(self, side: str, rows: int) -> Sample:
        """One process that compares the tables of that size."""
        command = [sys.executable, "-m", "benchmarks.compare_sides", side, _name(rows)]
        targets = json.dumps([self._target(name) for name in DATABASES])
        return harness.run(command, environment=os.environ | {TARGETS: targets})

    def _target(self, database: str) -> dict[str, object]:
        return {
            "host": "127.0.0.1",
            "port": self._cluster.port,
            "database": database,
            "user": LOGIN.name,
            "password": LOGIN.password,
            "application_name": "hrmsops benchmark",
        }


@contextmanager
def bench() -> Iterator[Bench]:
    account = ServerAccount.of_this_process()
    with tempfile.TemporaryDirectory(prefix="hrmsops-bench-") as folder:
        wanted = Path(folder) / "clusters"
        cluster = Cluster(
            account.folder_for(wanted) / "compare",
            binaries=find_binaries(account),
            account=account,
            password="only the benchmark knows",
        )
        cluster.create(timeout_seconds=60)
        cluster.start(timeout_seconds=60)
        try:
            yield Bench(cluster)
        finally:
            cluster.destroy()
            remove_stand_in(wanted)


def measured(of: Bench, sizes: tuple[int, ...], *, pairs: int) -> list[Row]:
    """The time by size; and the memory of the largest beside that of the smallest."""
    found, peaks = [], []
    for rows in sizes:
        ours, peer = (partial(of.look, side, rows) for side in ("ours", "peer"))
        samples = harness.in_turn(ours, peer, pairs=pairs, warm_ups=1)
        seconds = [(one.seconds, other.seconds) for one, other in samples]
        found.append(harness.row(f"{rows:,} rows", "s", seconds, goal=None))
        peaks.append([one.peak_bytes / 2**20 for one, _ in samples])
    flat = list(zip(peaks[-1], peaks[0], strict=True))
    what = f"memory, {sizes[-1]:,} : {sizes[0]:,}"
    return [*found, harness.row(what, "MiB", flat, goal=FLAT)]


def _name(rows: int) -> str:
    return f"line_{rows}"


def main(words: list[str]) -> int:
    asked = harness.options(words)
    sizes = SIZES_QUICK if asked.quick else SIZES
    with bench() as of:
        of.prepare(sizes)
        found = measured(of, sizes, pairs=PAIRS_QUICK if asked.quick else PAIRS)
    return harness.report("compare", found, as_json=asked.json)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
