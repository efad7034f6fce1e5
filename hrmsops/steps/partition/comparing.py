"""A copy held against the table from both sides, and what differs copied anew."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

from hrmsops.engine.run import Run
from hrmsops.engine.step import Result
from hrmsops.errors.partition import CopyDiffers
from hrmsops.partition import mirror
from hrmsops.partition.cut import Cut
from hrmsops.partition.quoting import name, names, table
from hrmsops.steps.partition.cutting import Bench, CutStep
from hrmsops.world import World

Keys = Sequence[tuple[Any, ...]]
ROUNDS = 5
DIFFERENT_MAX = 1_000
SETTLED_ROWS = 100
"""How many are locked at once."""


class CompareCopy(CutStep, frozen=True, kw_only=True):
    """Compare the two tables by key from both sides, in one snapshot; copy anew what differs."""

    name: ClassVar[str] = "compare-copy"
    changes: ClassVar[bool] = False

    def sentence(self) -> str:
        return f"Compare {self.cut.name} with its copy from both sides, row by row"

    def apply(self, world: World, run: Run) -> Result:
        from hrmsops.postgres.ramp import LOCK_MS_MAX

        with self.bench(world, run) as opened:
            bench = opened.for_rows()
            bench.take_time(lock_ms=LOCK_MS_MAX)
            for _ in range(ROUNDS):
                _settle(bench, self.cut)
                different = _compared(bench, self.cut)
                if not different:
                    return {"findings": ["not a row differs"]}
                run.progress(f"{len(different)} rows differ and are copied anew")
                _list(bench, self.cut, different)
        raise CopyDiffers(table=str(self.cut.name), rows=len(different))


def _settle(bench: Bench, cut: Cut) -> None:
    """What is listed now; a user who holds one of those rows is waited for between tries only."""
    row = bench.raw(f"SELECT count(*) FROM hrmsops.{name(cut.repair)}").fetchone()
    for _ in range(0, row[0] if row else 0, SETTLED_ROWS):
        bench.in_one_trip(mirror.repair(cut, most=SETTLED_ROWS), of=cut.name)


def _compared(bench: Bench, cut: Cut) -> Keys:
    """It waits for whoever has locked the table as a whole."""
    tries = bench.tries(cut.name)
    while (found := tries.had(lambda: _different(bench, cut))) is None:
        pass
    return found


def _different(bench: Bench, cut: Cut) -> Keys:
    """Keys whose rows differ in this snapshot, or are in one of the two alone.

    What is listed is known to differ, and settled under the lock at the latest.
    """
    keys, columns = names(cut.key), names(bench.known(cut.name).names())
    side = f"SELECT {keys}, md5(ROW({columns})::text) AS digest FROM {{}}"
    old, new = side.format(table(cut.name)), side.format(table(cut.new))
    listed = f"SELECT FROM hrmsops.{name(cut.repair)} r WHERE (" + " AND ".join(
        f"r.{name(each)} = d.{name(each)}" for each in cut.key
    )
    rows = bench.raw(
        f"SELECT {keys} FROM (SELECT {keys}, a.digest IS DISTINCT FROM b.digest AS is_so"
        f" FROM ({old}) a FULL JOIN ({new}) b USING ({keys})) d"
        f" WHERE is_so AND NOT EXISTS ({listed})) LIMIT {DIFFERENT_MAX}"
    )
    return rows.fetchall()


def _list(bench: Bench, cut: Cut, keys: Keys) -> None:
    marks = ", ".join(f"${n}" for n in range(1, len(cut.key) + 1))
    for key in keys:
        bench.raw(f"INSERT INTO hrmsops.{name(cut.repair)} VALUES ({marks})", key)
