"""The swap, the way back, and what is looked at after either."""

from __future__ import annotations

from typing import ClassVar

from hrmsops.engine.run import Run
from hrmsops.engine.step import Result
from hrmsops.errors.partition import PartitionsDiffer
from hrmsops.partition import mirror, recording, swap
from hrmsops.partition.cut import ATTACH
from hrmsops.partition.describing import described, differences, partitioned
from hrmsops.partition.quoting import name, table
from hrmsops.steps.partition.cutting import Bench, CutStep
from hrmsops.steps.partition.rehearsing import before_of
from hrmsops.world import World

# Each index of the partitioned table beside that of the partition which is the old table.
_PAIRS = """
    SELECT p.relname::text, c.relname::text FROM pg_inherits i
    JOIN pg_class p ON p.oid = i.inhparent AND p.relkind = 'I' JOIN pg_class c ON c.oid = i.inhrelid
    JOIN pg_index x ON x.indexrelid = c.oid
    WHERE x.indrelid = to_regclass(format('%%I.%%I', %s::text, %s::text)) ORDER BY 1
"""


class SwapIn(CutStep, frozen=True, kw_only=True):
    """Put the partitioned table in the table's place, in one transaction and one trip."""

    name: ClassVar[str] = "swap-in"

    def sentence(self) -> str:
        becomes = (
            f"becomes its partition {self.cut.rest}"
            if self.cut.method == ATTACH
            else f"stays as {self.cut.rest}, kept the same"
        )
        return f"Swap, under a lock of an instant: {self.cut.name} {becomes}"

    def find(self, world: World, run: Run) -> Result | None:
        with self.bench(world, run) as bench:
            return self._result(bench)

    def apply(self, world: World, run: Run) -> Result:
        with self.bench(world, run) as bench:
            if self._result(bench) is None:
                shape, new = bench.known(self.cut.name), bench.known(self.cut.new)
                script = swap.swap(shape, self.cut, made=new.triggers)
                record = recording.remember(self.cut, before_of(run))
                tries = bench.in_one_trip((*script, record), of=self.cut.name)
                run.note(tries=tries)
        return {}

    def revert(self, world: World, run: Run) -> bool:
        """One transaction: where it did not come through, nothing of it is there."""
        with self.bench(world, run) as bench:
            return self._result(bench) is None

    def _result(self, bench: Bench) -> Result | None:
        from hrmsops.postgres.partition_record import recorded

        found = recorded(bench.session, self.cut.name)
        if found is None or found.cut.get("run") != self.cut.run:
            return None
        locked = round(found.locked_ms, 1)
        return {"locked_ms": locked, "findings": [f"exclusively locked for {locked:g} ms"]}


class SwapBack(CutStep, frozen=True, kw_only=True):
    """Put the old table back in its place, with all that was written since."""

    name: ClassVar[str] = "swap-back"

    def sentence(self) -> str:
        moved = " with the rows of later partitions" if self.cut.method == ATTACH else ""
        return f"Swap back, under a lock of an instant: {self.cut.rest} is {self.cut.name}{moved}"

    def find(self, world: World, run: Run) -> Result | None:
        with self.bench(world, run) as bench:
            return {} if self._is_back(bench) else None

    def apply(self, world: World, run: Run) -> Result:
        with self.bench(world, run) as bench:
            if not self._is_back(bench):
                shape = bench.known(self.cut.name)
                script = swap.swap_back(shape, self.cut, pairs=self._pairs(bench))
                gone = (*mirror.forgotten(self.cut), recording.forget(self.cut))
                run.note(tries=bench.in_one_trip((*script, *gone), of=self.cut.name))
        return {}

    def revert(self, world: World, run: Run) -> bool:
        with self.bench(world, run) as bench:
            return not self._is_back(bench)

    def _is_back(self, bench: Bench) -> bool:
        from hrmsops.postgres.partition_record import recorded

        return recorded(bench.session, self.cut.name) is None

    def _pairs(self, bench: Bench) -> tuple[tuple[str, str], ...]:
        """By `copy` the old table's indexes were renamed by us, so their names are known."""
        if self.cut.method == ATTACH:
            rows = bench.session.execute(_PAIRS.encode(), list(self.cut.left))
            return tuple((parent, child) for parent, child in rows)
        old = {each.name for each in bench.known(self.cut.left).indexes}
        found = (
            (each.name, swap.partition_index(self.cut, each.name))
            for each in bench.known(self.cut.name).indexes
        )
        return tuple(pair for pair in found if pair[1] in old)


class DropPartitioned(CutStep, frozen=True, kw_only=True):
    """Drop what is left of the partitioned table: in the swap all would wait for each partition."""

    name: ClassVar[str] = "drop-partitioned-table"

    def sentence(self) -> str:
        return f"Drop the partitions, whose rows {self.cut.name} has"

    def find(self, world: World, run: Run) -> Result | None:
        with self.bench(world, run) as bench:
            return None if bench.exists(self.cut.new) else {}

    def apply(self, world: World, run: Run) -> Result:
        with self.bench(world, run) as bench:
            if shape := bench.shape(self.cut.new):
                for key in shape.foreign_keys:  # What they refer to is locked no longer than that.
                    drop = f"ALTER TABLE {table(self.cut.new)} DROP CONSTRAINT {name(key.name)}"
                    bench.in_one_trip((drop,), of=self.cut.new)
                bench.in_one_trip((f"DROP TABLE {table(self.cut.new)}",), of=self.cut.new)
        return {}


class DropOld(CutStep, frozen=True, kw_only=True):
    """Drop the old table of a copy, and the trigger that keeps it the same."""

    name: ClassVar[str] = "drop-old-table"
    loses_data: ClassVar[bool] = True

    def sentence(self) -> str:
        return f"Drop {self.cut.rest}, the table as it was before, and what keeps it the same"

    def find(self, world: World, run: Run) -> Result | None:
        with self.bench(world, run) as bench:
            return None if bench.exists(self.cut.left) else {}

    def apply(self, world: World, run: Run) -> Result:
        with self.bench(world, run) as bench:
            bench.in_one_trip(
                (
                    *mirror.unmirrored(self.cut, self.cut.name),
                    *mirror.forgotten(self.cut),
                    f"DROP TABLE {table(self.cut.left)}",
                    recording.keeps_old_no_more(self.cut),
                ),
                of=self.cut.name,
            )
        return {}


class VerifyCut(CutStep, frozen=True, kw_only=True):
    """Hold the table against what it was: nothing that it had may be missing."""

    name: ClassVar[str] = "verify-table"
    changes: ClassVar[bool] = False

    back: bool
    before: tuple[str, ...]
    """How it was; empty: as the first step of this run found it."""

    def sentence(self) -> str:
        return f"Look whether {self.cut.name} has all that it had before"

    def apply(self, world: World, run: Run) -> Result:
        before = self.before or before_of(run)
        with self.bench(world, run) as bench:
            found = described(bench.known(self.cut.name), self.cut)
        expected = before if self.back else partitioned(before, self.cut)
        if differing := differences(expected, found):
            raise PartitionsDiffer(table=str(self.cut.name), differences=differing)
        return {"findings": [f"all {len(expected)} properties of the table are there"]}
