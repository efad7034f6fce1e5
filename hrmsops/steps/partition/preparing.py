"""What is made beside the table before the swap, and taken away where nothing comes of it."""

from __future__ import annotations

from typing import ClassVar

from hrmsops.engine.run import Run
from hrmsops.engine.step import Result
from hrmsops.partition import mirror, parent
from hrmsops.partition.quoting import key, name, table
from hrmsops.steps.partition.cutting import Bench, BesideStep, CutStep
from hrmsops.world import World

_CONSTRAINT = """
    SELECT count(*) FROM pg_constraint k WHERE k.conname = %s AND (%s OR k.convalidated)
      AND k.conrelid = to_regclass(format('%%I.%%I', %s::text, %s::text))
"""
_INDEX_IS_VALID = """
    SELECT x.indisvalid FROM pg_index x
    WHERE x.indexrelid = to_regclass(format('%%I.%%I', %s::text, %s::text))
"""


class MakePartitioned(BesideStep, frozen=True, kw_only=True):
    """Make the partitioned table beside the table, with all that it has and partitions to come."""

    name: ClassVar[str] = "make-partitioned-table"

    def sentence(self) -> str:
        first, last = self.cut.pieces[0].name, self.cut.pieces[-1].name
        return f"Make a partitioned table like {self.cut.name}, with {first} to {last}"

    def find(self, world: World, run: Run) -> Result | None:
        with self.bench(world, run) as bench:
            made = bench.shape(self.cut.new)
            if made is None:
                return None
            wanted = bench.known(self.cut.name).foreign_keys
        if {each.name for each in wanted} - {each.name for each in made.foreign_keys}:
            return None
        return {"partitions": len(self.cut.pieces)}

    def apply(self, world: World, run: Run) -> Result:
        from hrmsops.postgres.partition_record import prepare

        with self.bench(world, run) as bench:
            prepare(bench.session)
            shape = bench.known(self.cut.name)
            self.drop(bench)
            bench.run(parent.parent(shape, self.cut))
            if keys := parent.foreign_keys(shape, self.cut):
                bench.in_one_trip(keys, of=self.cut.name)
        return {}


class BoundTable(CutStep, frozen=True, kw_only=True):
    """Promise to PostgreSQL what it would else look for in every row when the table is attached."""

    name: ClassVar[str] = "bound-table"
    is_scaffold: ClassVar[bool] = True

    def sentence(self) -> str:
        assert self.cut.split is not None
        return (
            f"Check that {self.cut.column} of new rows is before {self.cut.split:%Y-%m-%d}, "
            "NOT VALID, under a lock of an instant"
        )

    def find(self, world: World, run: Run) -> Result | None:
        with self.bench(world, run) as bench:
            return {} if self._is_there(bench) else None

    def apply(self, world: World, run: Run) -> Result:
        with self.bench(world, run) as bench:
            if not self._is_there(bench):
                bench.in_one_trip((parent.bound(self.cut),), of=self.cut.name)
        return {}

    def revert(self, world: World, run: Run) -> bool:
        drop = f"DROP CONSTRAINT {name(self.cut.bound)}"
        with self.bench(world, run) as bench:
            if self._is_there(bench):
                bench.in_one_trip((f"ALTER TABLE {table(self.cut.name)} {drop}",), of=self.cut.name)
        return True

    def _is_there(self, bench: Bench) -> bool:
        return bench.has(_CONSTRAINT, self.cut.bound, True, *self.cut.name)


class ValidateBound(CutStep, frozen=True, kw_only=True):
    """Look at every row once, while everybody reads and writes."""

    name: ClassVar[str] = "validate-bound"
    is_scaffold: ClassVar[bool] = True

    def sentence(self) -> str:
        return "Validate that check, which reads every row and keeps nobody waiting"

    def find(self, world: World, run: Run) -> Result | None:
        with self.bench(world, run) as bench:
            is_valid = bench.has(_CONSTRAINT, self.cut.bound, False, *self.cut.name)
        return {} if is_valid else None

    def apply(self, world: World, run: Run) -> Result:
        statement = f"ALTER TABLE {table(self.cut.name)} VALIDATE CONSTRAINT {name(self.cut.bound)}"
        with self.bench(world, run) as bench:
            bench.take_time()
            bench.session.execute(statement.encode())
        return {}

    def revert(self, world: World, run: Run) -> bool:
        return True  # It goes with the check.


class BuildKey(CutStep, frozen=True, kw_only=True):
    """Build, concurrently, the unique index that becomes a primary key; `back`: the one of old."""

    name: ClassVar[str] = "build-key-index"
    is_scaffold: ClassVar[bool] = True

    back: bool

    def sentence(self) -> str:
        columns = ", ".join(self.cut.key if self.back else self.cut.new_key)
        return f"Build a unique index of ({columns}) concurrently"

    @property
    def _key(self) -> str:
        if self.back:
            return key(self.cut.key, self.cut.included, self.cut.storage)
        return key(self.cut.new_key, self.cut.new_included, self.cut.storage)

    @property
    def _index(self) -> str:
        return self.cut.old_key_index if self.back else self.cut.key_index

    def find(self, world: World, run: Run) -> Result | None:
        with self.bench(world, run) as bench:
            is_valid = bench.has(_INDEX_IS_VALID, self.cut.schema, self._index)
        return {} if is_valid else None

    def apply(self, world: World, run: Run) -> Result:
        on = self.cut.left if self.back else self.cut.name
        with self.bench(world, run) as bench:
            bench.take_time()
            # A build that was ended leaves an index behind that is not valid.
            bench.session.execute(self._drop.encode())
            build = f"CREATE UNIQUE INDEX CONCURRENTLY {name(self._index)}"
            bench.session.execute(f"{build} ON {table(on)} {self._key}".encode())
        return {}

    def revert(self, world: World, run: Run) -> bool:
        with self.bench(world, run) as bench:
            bench.take_time()
            bench.session.execute(self._drop.encode())
        return True

    @property
    def _drop(self) -> str:
        return f"DROP INDEX CONCURRENTLY IF EXISTS {name(self.cut.schema)}.{name(self._index)}"


class MirrorWrites(CutStep, frozen=True, kw_only=True):
    """Write to the new table what is written to the old one, in the same transaction."""

    name: ClassVar[str] = "mirror-writes"
    is_scaffold: ClassVar[bool] = True

    def sentence(self) -> str:
        return f"Write what is written to {self.cut.name} to the new table too, by a trigger"

    def find(self, world: World, run: Run) -> Result | None:
        with self.bench(world, run) as bench:
            return {} if self._is_there(bench) else None

    def apply(self, world: World, run: Run) -> Result:
        with self.bench(world, run) as bench:
            shape = bench.known(self.cut.name)
            bench.in_one_trip(
                (
                    *mirror.forgotten(self.cut),
                    *mirror.listing(self.cut),
                    mirror.repairer(shape, self.cut),
                    *mirror.mirrored(shape, self.cut, source=self.cut.name, to=self.cut.new),
                ),
                of=self.cut.name,
            )
        return {}

    def revert(self, world: World, run: Run) -> bool:
        gone = (*mirror.unmirrored(self.cut, self.cut.name), *mirror.forgotten(self.cut))
        with self.bench(world, run) as bench:
            if self._is_there(bench):
                bench.in_one_trip(gone, of=self.cut.name)
        return True

    def _is_there(self, bench: Bench) -> bool:
        found = bench.known(self.cut.name).triggers
        return any(each.name == self.cut.mirror for each in found)
