"""What all steps on one table have in common: the database, the cut, the locks."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING, ClassVar

from hrmsops.engine.run import Run
from hrmsops.engine.step import Step
from hrmsops.partition.cut import Cut
from hrmsops.partition.quoting import table
from hrmsops.steps.rows.reaching import target
from hrmsops.world import World

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

    import psycopg

    from hrmsops.postgres.catalog import TableName
    from hrmsops.postgres.ramp import Ramp, Tries
    from hrmsops.postgres.session import Session
    from hrmsops.postgres.table_shape import Shape

    Cursor = psycopg.RawCursor[tuple[Any, ...]]

PATIENCE = timedelta(minutes=15)
"""How long a copy waits for rows that a user holds, before all of it is taken away again."""
# A client that was killed leaves its statement running until that is over.
_END_EARLIER = """
    SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity
    WHERE application_name = current_setting('application_name') AND usename = session_user
      AND datname = current_database() AND pid <> pg_backend_pid()
"""


@dataclass(frozen=True, kw_only=True)
class Bench:
    """A session on the table's database, and how locks are asked for in it."""

    session: Session
    ramp: Ramp

    def shape(self, name: TableName) -> Shape | None:
        from hrmsops.postgres.table_shape_reading import read_shape

        return read_shape(self.session, name)

    def known(self, name: TableName) -> Shape:
        """The shape of a table that is there."""
        from hrmsops.errors.database import TableUnknown

        found = self.shape(name)
        if found is None:
            database = self.session.info.dbname
            raise TableUnknown(names=(str(name),), database=database, near=())
        return found

    def has(self, query: str, *values: object) -> bool:
        row = self.session.execute(query.encode(), values).fetchone()
        return bool(row and row[0])

    def exists(self, name: TableName) -> bool:
        return self.has(
            "SELECT to_regclass(format('%%I.%%I', %s::text, %s::text)) IS NOT NULL", *name
        )

    def raw(self, query: str, values: Sequence[object] = ()) -> Cursor:
        """A query that holds names of the table's own, where a % is a %; values are $1, $2…"""
        import psycopg

        return psycopg.RawCursor(self.session).execute(query.encode(), values or None)

    def in_one_trip(self, statements: Sequence[str], *, of: TableName) -> int:
        from hrmsops.postgres.ramp import in_one_trip

        return in_one_trip(self.session, statements, of=of, ramp=self.ramp)

    def for_rows(self) -> Bench:
        """The same, where it is rows that users may hold; nobody waits behind us between tries."""
        return replace(self, ramp=replace(self.ramp, deadline=PATIENCE, is_for_rows=True))

    def tries(self, of: TableName) -> Tries:
        from hrmsops.postgres.ramp import Tries

        return Tries(self.session, of=of, ramp=self.ramp)

    def run(self, statements: Sequence[str]) -> None:
        """In one transaction that locks nothing that anybody waits for."""
        with self.session.transaction():
            for statement in statements:
                self.session.execute(statement.encode())

    def take_time(self, *, lock_ms: int = 0) -> None:
        """What follows keeps nobody waiting, and lasts as long as the table is large."""
        self.session.execute("SET statement_timeout = 0")
        self.session.execute(f"SET lock_timeout = {lock_ms}".encode())


class CutStep(Step[World], frozen=True, kw_only=True):
    """A step on the table of `cut`, in the database of `instance`."""

    instance: str
    cut: Cut

    @contextmanager
    def bench(self, world: World, run: Run) -> Iterator[Bench]:
        """A session, once what an earlier process of the run left behind is over."""
        with opened(world, run, self.instance) as bench:
            yield bench


class BesideStep(CutStep, frozen=True, kw_only=True):
    """A step that makes `cut.new` beside the table; where nothing comes of it, that goes again."""

    is_scaffold: ClassVar[bool] = True

    @property
    def whole(self) -> TableName:
        """The table that is to be partitioned, or that is."""
        return self.cut.name

    def revert(self, world: World, run: Run) -> bool:
        with self.bench(world, run) as bench:
            self.drop(bench)
        return True

    def drop(self, bench: Bench) -> None:
        """What its foreign keys refer to is locked too, for as long as that takes."""
        if bench.exists(self.cut.new):
            bench.in_one_trip((f"DROP TABLE {table(self.cut.new)}",), of=self.whole)


@contextmanager
def opened(world: World, run: Run, instance: str) -> Iterator[Bench]:
    from hrmsops.errors.database import StatementFailed
    from hrmsops.postgres.ramp import Ramp
    from hrmsops.postgres.refusals import plainly
    from hrmsops.postgres.session import connect

    at = target(world, run, instance)
    with connect(at) as session, plainly(StatementFailed, address=at.address):
        session.execute(_END_EARLIER.encode())
        ramp = Ramp(clock=world.clock, tell=run.progress, address=at.address)
        yield Bench(session=session, ramp=ramp)
