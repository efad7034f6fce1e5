"""The rows of a copy, filled in batches that give way to users."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from hrmsops.engine.run import Run
from hrmsops.engine.step import Result
from hrmsops.partition.cut import Cut
from hrmsops.partition.quoting import name, names, table
from hrmsops.steps.partition.cutting import Bench, CutStep
from hrmsops.world import World

if TYPE_CHECKING:
    from hrmsops.postgres.ramp import Tries

Key = list[Any]
BATCH_ROWS_FIRST, BATCH_ROWS_MIN, BATCH_ROWS_MAX = 1_000, 100, 20_000
BATCH_SECONDS = 0.15
"""Whoever wants to delete a row of the batch waits as long."""
_PROGRESS = "SELECT last_key, rows, is_done FROM hrmsops.partition_fill WHERE run = %s"
_ADVANCE = """
    INSERT INTO hrmsops.partition_fill AS f (run, last_key, rows, is_done) VALUES (%s, %s, %s, %s)
    ON CONFLICT (run) DO UPDATE SET last_key = excluded.last_key, rows = f.rows + excluded.rows,
        is_done = excluded.is_done
"""


class FillRows(CutStep, frozen=True, kw_only=True):
    """Copy every row in batches along the primary key; how far is committed with each batch."""

    name: ClassVar[str] = "fill-rows"
    is_scaffold: ClassVar[bool] = True

    rows: int
    """Of the server's statistics, for the progress."""

    def sentence(self) -> str:
        about = f"about {self.rows:,} rows" if self.rows else "the rows"
        return f"Copy {about} into the partitions, in batches of about {BATCH_SECONDS:g} s"

    def find(self, world: World, run: Run) -> Result | None:
        with self.bench(world, run) as bench:
            row = bench.session.execute(_PROGRESS, [self.cut.run]).fetchone()
        return {"rows": row[1]} if row and row[2] else None

    def apply(self, world: World, run: Run) -> Result:
        from hrmsops.postgres.ramp import LOCK_MS_MAX

        with self.bench(world, run) as bench:
            bench.session.execute(f"SET lock_timeout = {LOCK_MS_MAX}".encode())
            columns = names(bench.known(self.cut.name).names())
            tries = bench.for_rows().tries(self.cut.name)
            filling = Filling(bench, self.cut, columns, tries)
            last, done = self._so_far(bench)
            size: int | None = BATCH_ROWS_FIRST
            while size is not None:
                last, rows, size = filling.batch(last, size)
                done += rows
                if rows:  # Else what is waited for stays on the screen.
                    run.progress(f"{done:,} of about {max(self.rows, done):,} rows")
        return {}

    def revert(self, world: World, run: Run) -> bool:
        with self.bench(world, run) as bench:
            bench.session.execute(
                "DELETE FROM hrmsops.partition_fill WHERE run = %s", [self.cut.run]
            )
        return True  # The rows go with the table.

    def _so_far(self, bench: Bench) -> tuple[list[Any] | None, int]:
        row = bench.session.execute(_PROGRESS, [self.cut.run]).fetchone()
        return (row[0], row[1]) if row else (None, 0)


@dataclass(frozen=True)
class Filling:
    """One table on its way into another."""

    bench: Bench
    cut: Cut
    columns: str
    tries: Tries

    def batch(self, last: Key | None, size: int) -> tuple[Key | None, int, int | None]:
        """Copy the rows after `last`; the key reached, how many, and the next size (None: done).

        The end of the batch is found first: where all of its rows are deleted meanwhile, it is
        still known how far one is.
        """
        began = time.monotonic()
        reached = self.tries.had(lambda: self._batch(last, size))
        if reached is None:
            # A user holds one of the rows: the batch has given way, and is tried again smaller.
            return last, 0, max(size // 4, BATCH_ROWS_MIN)
        end, rows = reached
        if end is None:
            return last, rows, None
        factor = min(max(BATCH_SECONDS / max(time.monotonic() - began, 0.001), 0.5), 2.0)
        return end, rows, min(max(int(size * factor), BATCH_ROWS_MIN), BATCH_ROWS_MAX)

    def _batch(self, last: Key | None, size: int) -> tuple[Key | None, int]:
        with self.bench.session.transaction():
            end = self._end(last, size)
            rows = self._copied(last, end)
            told = json.dumps(last if end is None else end)
            self.bench.session.execute(_ADVANCE, [self.cut.run, told, rows, end is None])
        return end, rows

    def _end(self, last: Key | None, size: int) -> Key | None:
        """The key of the last row of the batch, as text; None: what is left is less."""
        texts = ", ".join(f"{name(each)}::text" for each in self.cut.key)
        found = self.bench.raw(
            f"SELECT {texts} FROM {table(self.cut.name)}{_where(self.cut, last, None)}"
            f" ORDER BY {names(self.cut.key)} OFFSET {size - 1} LIMIT 1",
            last or [],
        ).fetchone()
        return list(found) if found else None

    def _copied(self, last: Key | None, end: Key | None) -> int:
        into = f"{table(self.cut.new)} ({self.columns}) OVERRIDING SYSTEM VALUE"
        rows = f"SELECT {self.columns} FROM {table(self.cut.name)}{_where(self.cut, last, end)}"
        return self.bench.raw(
            f"INSERT INTO {into} {rows} FOR KEY SHARE ON CONFLICT DO NOTHING",
            [*(last or ()), *(end or ())],
        ).rowcount


def _where(cut: Cut, last: Key | None, end: Key | None) -> str:
    """Keys as text are compared as what they are: an unknown literal takes the column's type."""
    told, number = [], 0
    for sign, key in ((">", last), ("<=", end)):
        if key is not None:
            marks = ", ".join(f"${number + n}" for n in range(1, len(key) + 1))
            told.append(f"({names(cut.key)}) {sign} ({marks})")
            number += len(key)
    return f" WHERE {' AND '.join(told)}" if told else ""
