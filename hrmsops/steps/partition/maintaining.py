"""Keeping a partitioned table up: what its steps have in common, and statistics."""

from __future__ import annotations

from typing import ClassVar

from hrmsops.engine.run import Run
from hrmsops.engine.step import Result, Step
from hrmsops.partition.quoting import table
from hrmsops.postgres.catalog import TableName
from hrmsops.steps.partition.cutting import opened
from hrmsops.world import World

IS_PARTITION = """
    SELECT NOT i.inhdetachpending FROM pg_inherits i
    WHERE i.inhrelid = to_regclass(format('%%I.%%I', %s::text, %s::text))
      AND i.inhparent = to_regclass(format('%%I.%%I', %s::text, %s::text))
"""
"""Of what: its schema and name, then those of the table."""


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
