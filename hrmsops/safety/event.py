"""An effect in its surroundings: all that a rule may look at."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from hrmsops.safety import effects as e
from hrmsops.safety.operations import Migration, Operation
from hrmsops.safety.schema import Schema, Table
from hrmsops.safety.state import State

Size = Literal["new", "small", "large", "unknown"]


@dataclass(frozen=True, slots=True)
class Sizes:
    """How many rows tables have, as far as it is known."""

    expected: Mapping[str, int]
    large_rows: int

    def rows(self, table: str) -> int | None:
        return self.expected.get(table)

    def size(self, table: str) -> Size:
        rows = self.rows(table)
        if rows is None:
            return "unknown"
        return "large" if rows >= self.large_rows else "small"


@dataclass(frozen=True, slots=True)
class Event:
    """One effect. `earlier` are the effects before it in its transaction, oldest first."""

    effect: e.Effect
    operation: Operation
    migration: Migration
    before: Schema
    state: State
    earlier: Sequence[e.Effect]
    in_transaction: bool
    is_one_string: bool
    """Sent together with other statements as one string, which is a transaction of its own."""
    new_tables: frozenset[str]
    sizes: Sizes
    target_pg: int
    line: int

    @property
    def table(self) -> str:
        return self.effect.table

    @property
    def picture(self) -> Table:
        """The table just before the effect."""
        return self.before.table(self.table)

    def size(self, table: str | None = None) -> Size:
        name = self.table if table is None else table
        return "new" if name in self.new_tables else self.sizes.size(name)

    @property
    def is_sql(self) -> bool:
        return self.operation.kind == "RunSQL" or bool(
            self.operation.code and self.operation.code.sql
        )

    def said_rows(self) -> str:
        """`payroll_payslip (1,000,000 rows)`, or the name alone."""
        rows = self.sizes.rows(self.table)
        return self.table if rows is None else f"{self.table} ({rows:,} rows)"
