"""Partitions that are older than is wanted: taken out, and kept."""

from __future__ import annotations

from typing import ClassVar

from hrmsops.engine.run import Run
from hrmsops.engine.step import Result
from hrmsops.partition.quoting import name, table
from hrmsops.postgres.catalog import TableName
from hrmsops.steps.partition.cutting import Bench, opened
from hrmsops.steps.partition.maintaining import IS_PARTITION, TableStep
from hrmsops.world import World

_IS_DETACHING = """
    SELECT i.inhdetachpending FROM pg_inherits i
    WHERE i.inhrelid = to_regclass(format('%%I.%%I', %s::text, %s::text))
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
            if bench.has(IS_PARTITION, *self._part, *self.of) or self._is_detaching(bench):
                return None
            kept = TableName(self.archive or self.partition_schema, self.partition)
            return {"kept": str(kept)} if bench.exists(kept) else None

    def apply(self, world: World, run: Run) -> Result:
        with opened(world, run, self.instance) as bench:
            self._detach(bench)
            if self.archive and bench.exists(self._part):
                schema = name(self.archive)
                bench.in_one_trip(
                    (
                        f"CREATE SCHEMA IF NOT EXISTS {schema}",
                        f"ALTER TABLE {table(self._part)} SET SCHEMA {schema}",
                    ),
                    of=self._part,
                )
        return {}

    def revert(self, world: World, run: Run) -> bool:
        with opened(world, run, self.instance) as bench:
            return bench.has(IS_PARTITION, *self._part, *self.of)

    def _detach(self, bench: Bench) -> None:
        detach = f"ALTER TABLE {table(self.of)} DETACH PARTITION {table(self._part)}"
        if self._is_detaching(bench):
            bench.in_one_trip((f"{detach} FINALIZE",), of=self.of)
        elif bench.has(IS_PARTITION, *self._part, *self.of):
            if not self.is_concurrent:
                bench.in_one_trip((detach,), of=self.of)
                return
            bench.take_time()
            bench.session.execute(f"{detach} CONCURRENTLY".encode())

    def _is_detaching(self, bench: Bench) -> bool:
        return bench.has(_IS_DETACHING, *self._part)
