"""Keeping a partitioned table up: partitions to come, statistics, what is old."""

from __future__ import annotations

from typing import ClassVar

from hrmsops.engine.run import Run
from hrmsops.engine.step import Result, Step
from hrmsops.partition.cut import Piece
from hrmsops.partition.parent import standalone
from hrmsops.partition.quoting import limit, name, table
from hrmsops.postgres.catalog import TableName
from hrmsops.steps.partition.cutting import Bench, opened
from hrmsops.world import World

_IS_PARTITION = """
    SELECT NOT i.inhdetachpending FROM pg_inherits i
    WHERE i.inhrelid = to_regclass(format('%%I.%%I', %s::text, %s::text))
      AND i.inhparent = to_regclass(format('%%I.%%I', %s::text, %s::text))
"""
_IS_DETACHING = """
    SELECT i.inhdetachpending FROM pg_inherits i
    WHERE i.inhrelid = to_regclass(format('%%I.%%I', %s::text, %s::text))
"""


class TableStep(Step[World], frozen=True, kw_only=True):
    """A step on a table, in the database of `instance`."""

    instance: str
    schema: str
    table: str

    @property
    def of(self) -> TableName:
        return TableName(self.schema, self.table)


class AnalyzeTable(TableStep, frozen=True, kw_only=True):
    """Give the planner statistics of the table as a whole: autovacuum makes none for a parent."""

    name: ClassVar[str] = "analyze-table"
    changes: ClassVar[bool] = False

    def sentence(self) -> str:
        return f"ANALYZE {self.of}, which reads a sample of it"

    def apply(self, world: World, run: Run) -> Result:
        with opened(world, run, self.instance) as bench:
            bench.take_time()
            bench.session.execute(f"ANALYZE {table(self.of)}".encode())
        return {}


class AddPartition(TableStep, frozen=True, kw_only=True):
    """Make a partition apart, and attach it: readers and writers wait for neither."""

    name: ClassVar[str] = "add-partition"

    type: str
    piece: Piece
    options: tuple[str, ...]
    """Storage parameters, as its neighbours have them."""
    tuning: tuple[str, ...] = ()
    """How its columns are stored and sampled."""
    has_row_security: bool

    @property
    def _made(self) -> TableName:
        return TableName(self.schema, self.piece.name)

    def sentence(self) -> str:
        span = f"{self.piece.begin:%Y-%m-%d} to {self.piece.end:%Y-%m-%d}"
        return f"Add {self.piece.name} to {self.of}, from {span}"

    def find(self, world: World, run: Run) -> Result | None:
        with opened(world, run, self.instance) as bench:
            return {} if self._is_there(bench) else None

    def apply(self, world: World, run: Run) -> Result:
        begin = limit(self.piece.begin, self.type, otherwise="MINVALUE")
        end = limit(self.piece.end, self.type, otherwise="MAXVALUE")
        made = table(self._made)
        script = (
            *standalone(
                self.of,
                made,
                options=self.options,
                tuning=self.tuning,
                is_closed=self.has_row_security,
            ),
            f"ALTER TABLE {table(self.of)} ATTACH PARTITION {made}"
            f" FOR VALUES FROM ({begin}) TO ({end})",
        )
        with opened(world, run, self.instance) as bench:
            if not self._is_there(bench):
                bench.in_one_trip(script, of=self.of)
        return {}

    def revert(self, world: World, run: Run) -> bool:
        with opened(world, run, self.instance) as bench:
            return not bench.exists(self._made)

    def _is_there(self, bench: Bench) -> bool:
        return bench.has(_IS_PARTITION, *self._made, *self.of)


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
            if bench.has(_IS_PARTITION, *self._part, *self.of) or self._is_detaching(bench):
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
            return bench.has(_IS_PARTITION, *self._part, *self.of)

    def _detach(self, bench: Bench) -> None:
        detach = f"ALTER TABLE {table(self.of)} DETACH PARTITION {table(self._part)}"
        if self._is_detaching(bench):
            bench.in_one_trip((f"{detach} FINALIZE",), of=self.of)
        elif bench.has(_IS_PARTITION, *self._part, *self.of):
            if not self.is_concurrent:
                bench.in_one_trip((detach,), of=self.of)
                return
            bench.take_time()
            bench.session.execute(f"{detach} CONCURRENTLY".encode())

    def _is_detaching(self, bench: Bench) -> bool:
        return bench.has(_IS_DETACHING, *self._part)
