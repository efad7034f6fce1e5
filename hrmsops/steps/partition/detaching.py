"""Partitions that are older than is wanted: taken out, and kept."""

from __future__ import annotations

from datetime import timedelta
from typing import ClassVar

from hrmsops.engine.run import Run
from hrmsops.engine.step import Result
from hrmsops.errors.database import StatementFailed
from hrmsops.partition.quoting import name, table
from hrmsops.postgres.catalog import TableName
from hrmsops.postgres.refusals import plainly
from hrmsops.steps.partition.cutting import Bench, opened
from hrmsops.steps.partition.maintaining import TableStep
from hrmsops.world import World

TRIES = 5
PAUSE = timedelta(milliseconds=200)
OVERTAKEN = ("42P01", "55000", "40P01", "23505", "XX000")
"""What meets whoever is slower: the partition is none any more, or has another name; its detach is
pending, or no longer; a deadlock; the schema was made just now; a row of the catalog was."""
_IS_PENDING = b"""
    SELECT i.inhdetachpending FROM pg_inherits i
    WHERE i.inhrelid = to_regclass(format('%%I.%%I', %s::text, %s::text))
      AND i.inhparent = to_regclass(format('%%I.%%I', %s::text, %s::text))
"""


class DetachPartition(TableStep, frozen=True, kw_only=True):
    """Take a partition out CONCURRENTLY. It stays, as a table of its own, with all of its rows."""

    name: ClassVar[str] = "detach-partition"

    partition: str
    partition_schema: str
    archive: str
    """The schema that it is moved to; empty: it stays in its own."""
    is_concurrent: bool
    """Beside a default partition PostgreSQL detaches under a lock only."""

    @property
    def _part(self) -> TableName:
        return TableName(self.partition_schema, self.partition)

    def sentence(self) -> str:
        where = f"move it to schema {self.archive}" if self.archive else "keep it as a table"
        return f"Detach {self.partition} from {self.of}, and {where}"

    def find(self, world: World, run: Run) -> Result | None:
        with opened(world, run, self.instance) as bench:
            return {"kept": str(self._kept)} if self._is_done(bench) else None

    def apply(self, world: World, run: Run) -> Result:
        """Others who keep the table up may be faster at any moment: then it is looked at again."""
        with opened(world, run, self.instance) as bench:
            for tries_left in reversed(range(TRIES)):
                try:
                    self._detach(bench)
                    self._move(bench)
                except StatementFailed as error:
                    if error.sqlstate not in OVERTAKEN:
                        raise
                    if not tries_left and not self._is_done(bench):
                        raise
                if self._is_done(bench):
                    break
                world.clock.sleep(PAUSE)
        return {}

    def revert(self, world: World, run: Run) -> bool:
        with opened(world, run, self.instance) as bench:
            return self._is_pending(bench) is False

    @property
    def _kept(self) -> TableName:
        return TableName(self.archive or self.partition_schema, self.partition)

    def _is_done(self, bench: Bench) -> bool:
        return self._is_pending(bench) is None and bench.exists(self._kept)

    def _detach(self, bench: Bench) -> None:
        detach = f"ALTER TABLE {table(self.of)} DETACH PARTITION {table(self._part)}"
        is_pending = self._is_pending(bench)
        if is_pending:
            bench.in_one_trip((f"{detach} FINALIZE",), of=self.of)
        elif is_pending is False and not self.is_concurrent:
            bench.in_one_trip((detach,), of=self.of)
        elif is_pending is False:
            bench.take_time()
            with plainly(StatementFailed, address=bench.ramp.address):
                bench.session.execute(f"{detach} CONCURRENTLY".encode())

    def _move(self, bench: Bench) -> None:
        if self.archive and self._is_pending(bench) is None and bench.exists(self._part):
            schema = name(self.archive)
            bench.in_one_trip(
                (
                    f"CREATE SCHEMA IF NOT EXISTS {schema}",
                    f"ALTER TABLE {table(self._part)} SET SCHEMA {schema}",
                ),
                of=self._part,
            )

    def _is_pending(self, bench: Bench) -> bool | None:
        """Whether its detach was begun and not finished; None: it is no partition of the table."""
        row = bench.session.execute(_IS_PENDING, [*self._part, *self.of]).fetchone()
        return bool(row[0]) if row else None
