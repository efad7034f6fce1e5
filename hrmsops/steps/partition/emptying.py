"""A default partition with many rows is emptied into the partitions that are made for them."""

from __future__ import annotations

from typing import ClassVar, LiteralString

from hrmsops.engine.run import Run
from hrmsops.engine.step import Result
from hrmsops.partition import emptying, parent
from hrmsops.partition.quoting import name, table
from hrmsops.postgres.catalog import TableName
from hrmsops.steps.partition.cutting import Bench, BesideStep, CutStep
from hrmsops.world import World

_BOUNDS: LiteralString = """
    SELECT n.nspname, c.relname FROM pg_constraint k JOIN pg_class c ON c.oid = k.conrelid
    JOIN pg_namespace n ON n.oid = c.relnamespace WHERE k.conname = %s ORDER BY 1, 2
"""


class EmptyingStep(CutStep, frozen=True, kw_only=True):
    """`cut` is that of the default partition; `of` the table that it is of, in the same schema."""

    of: str

    @property
    def whole(self) -> TableName:
        return TableName(self.cut.schema, self.of)


class StageDefault(EmptyingStep, BesideStep, frozen=True, kw_only=True):
    """Make the partitions, and a new default one, beside the table."""

    name: ClassVar[str] = "stage-default"

    options: tuple[str, ...]
    """Storage parameters, as their neighbours have them."""
    tuning: tuple[str, ...]
    """How their columns are stored and sampled."""

    def sentence(self) -> str:
        first, last = self.cut.pieces[0].name, self.cut.pieces[-1].name
        return f"Make {first} to {last} beside {self.whole}, and a new default partition"

    def find(self, world: World, run: Run) -> Result | None:
        with self.bench(world, run) as bench:
            made = bench.shape(self.cut.new)
            wanted = bench.known(self.whole).foreign_keys
        if made is None or len(made.foreign_keys) < len(wanted):
            return None
        return {"partitions": len(self.cut.pieces)}

    def apply(self, world: World, run: Run) -> Result:
        from hrmsops.postgres.partition_record import prepare

        with self.bench(world, run) as bench:
            prepare(bench.session)
            shape = bench.known(self.whole)
            self.drop(bench)
            like = {"options": self.options, "tuning": self.tuning}
            bench.run(tuple(emptying.staged(shape, bench.known(self.cut.name), self.cut, **like)))
            if keys := parent.foreign_keys(shape, self.cut):
                bench.in_one_trip(keys, of=self.whole)
        return {}


class SwapDefault(EmptyingStep, frozen=True, kw_only=True):
    """Put them in the default partition's place, in one transaction and one trip."""

    name: ClassVar[str] = "swap-default"

    def sentence(self) -> str:
        return (
            f"Swap them in, under a lock of an instant: {self.cut.table} stays as {self.cut.rest}, "
            "a table of its own"
        )

    def find(self, world: World, run: Run) -> Result | None:
        with self.bench(world, run) as bench:
            if not bench.exists(self.cut.left):
                return None
        told = f"once you are content: DROP TABLE {table(self.cut.left)}"
        return {"kept": str(self.cut.left), "findings": [told]}

    def apply(self, world: World, run: Run) -> Result:
        with self.bench(world, run) as bench:
            if not bench.exists(self.cut.left):
                old, fresh = (
                    tuple(each.name for each in bench.known(of).indexes)
                    for of in (self.cut.name, self.cut.fresh)
                )
                script = emptying.swapped(self.cut, self.whole, old=old, fresh=fresh)
                run.note(tries=bench.in_one_trip(tuple(script), of=self.whole))
        return {}

    def revert(self, world: World, run: Run) -> bool:
        """One transaction: where it did not come through, nothing of it is there."""
        with self.bench(world, run) as bench:
            return not bench.exists(self.cut.left)


class ReleaseOld(EmptyingStep, frozen=True, kw_only=True):
    """Drop what was for the swap alone; it needs the lock of one table each, not that of all.

    What stays would else hold rows that nobody refers to any more.
    """

    name: ClassVar[str] = "release-old-default"

    def sentence(self) -> str:
        return "Drop the checks of the swap, and foreign keys of what stays, one by one"

    def find(self, world: World, run: Run) -> Result | None:
        with self.bench(world, run) as bench:
            return None if self._held(bench) else {}

    def apply(self, world: World, run: Run) -> Result:
        with self.bench(world, run) as bench:
            for of, each in self._held(bench):
                drop = f"ALTER TABLE {table(of)} DROP CONSTRAINT {name(each)}"
                bench.in_one_trip((drop,), of=of)
        return {}

    def _held(self, bench: Bench) -> list[tuple[TableName, str]]:
        bounds = bench.session.execute(_BOUNDS, [self.cut.bound])
        shape = bench.shape(self.cut.left)  # None: somebody has dropped it already.
        keys = [each.name for each in shape.foreign_keys] if shape else []
        return [
            *((TableName(schema, made), self.cut.bound) for schema, made in bounds),
            *((self.cut.left, each) for each in keys),
        ]
