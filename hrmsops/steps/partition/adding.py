"""Partitions to come."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

from hrmsops.engine.run import Run
from hrmsops.engine.step import Result
from hrmsops.errors.database import StatementFailed
from hrmsops.partition import keeping
from hrmsops.partition.cut import Piece
from hrmsops.partition.parent import standalone
from hrmsops.partition.quoting import table
from hrmsops.postgres.catalog import TableName
from hrmsops.steps.partition.cutting import Bench, opened
from hrmsops.steps.partition.maintaining import IS_PARTITION, TableStep
from hrmsops.world import World


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
    column: str = ""
    """The one that the table is cut by."""
    default: tuple[str, ...] = ()
    """The default partition, by schema and name, where it has rows that may belong here."""

    @property
    def _made(self) -> TableName:
        return TableName(self.schema, self.piece.name)

    def sentence(self) -> str:
        end = f" to {self.piece.end:%Y-%m-%d}" if self.piece.end else " on"
        span = f"{self.piece.begin:%Y-%m-%d}{end}"
        rows = f", with what {self.default[1]} holds of it" if self.default else ""
        return f"Add {self.piece.name} to {self.of}, from {span}{rows}"

    def find(self, world: World, run: Run) -> Result | None:
        with opened(world, run, self.instance) as bench:
            return {} if self._is_there(bench) else None

    def apply(self, world: World, run: Run) -> Result:
        with opened(world, run, self.instance) as bench:
            try:
                if not self._is_there(bench):
                    bench.in_one_trip(tuple(self._script(bench)), of=self.of)
            except StatementFailed:
                if not self._is_there(bench):
                    raise  # Else someone who maintains it too was faster.
        return {}

    def _script(self, bench: Bench) -> Iterator[str]:
        made = table(self._made)
        if self.default:
            yield keeping.closed_to_writers(self.of)
        yield from standalone(
            self.of,
            made,
            options=self.options,
            tuning=self.tuning,
            is_closed=self.has_row_security,
        )
        if self.default:
            default = TableName(*self.default)
            yield from keeping.moved(
                default,
                made,
                self.piece,
                column=self.column,
                type_=self.type,
                columns=bench.known(self.of).names(),
                triggers=list(bench.session.execute(keeping.TRIGGERS.encode(), self.default)),
            )
        yield keeping.attach(self.of, made, self.piece, self.type)

    def revert(self, world: World, run: Run) -> bool:
        with opened(world, run, self.instance) as bench:
            return not bench.exists(self._made)

    def _is_there(self, bench: Bench) -> bool:
        return bench.has(IS_PARTITION, *self._made, *self.of)
