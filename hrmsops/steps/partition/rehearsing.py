"""The whole of it on an empty table like this one, rolled back: what would wait, is refused."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

import msgspec

from hrmsops.engine.run import Run
from hrmsops.engine.step import Result
from hrmsops.errors.partition import TableNotPartitionable
from hrmsops.partition import parent, swap
from hrmsops.partition.cut import ATTACH, Cut
from hrmsops.partition.describing import described
from hrmsops.partition.quoting import name, table
from hrmsops.postgres.catalog import TableName
from hrmsops.steps.partition.cutting import CutStep
from hrmsops.world import World

if TYPE_CHECKING:
    from hrmsops.postgres.session import Session
    from hrmsops.postgres.table_shape import Shape, ShapeIndex

BEFORE = "before"
# How often the table was read from end to end in this transaction, and its indexes.
_WORK = """
    SELECT pg_stat_get_xact_numscans(c), (SELECT count(*) FROM pg_index WHERE indrelid = c)
    FROM (SELECT to_regclass(format('%%I.%%I', %s::text, %s::text))::oid) AS t(c)
"""


class RehearseCut(CutStep, frozen=True, kw_only=True):
    """Rehearse the swap on an empty table of the same shape, in a transaction that is rolled back.

    Its result describes the table as it is, for the verification.
    """

    name: ClassVar[str] = "rehearse-partitioning"
    changes: ClassVar[bool] = False

    def sentence(self) -> str:
        return f"Rehearse on an empty table like {self.cut.name}, and roll it back"

    def apply(self, world: World, run: Run) -> Result:
        with self.bench(world, run) as bench:
            before = described(bench.known(self.cut.name), self.cut)
            if self.cut.method == ATTACH:
                rehearse(bench.session, self.cut)
        return {BEFORE: {"properties": list(before)}, "findings": [self._found]}

    def rehearse(self, world: World) -> str | None:
        """Under --dry-run too: nothing of it is left."""
        from hrmsops.errors.database import StatementFailed
        from hrmsops.postgres.refusals import plainly
        from hrmsops.postgres.session import connect

        found = world.cloud_sql.instance(self.instance)
        at = world.target(found, application_name="hrmsops plan")
        if self.cut.method == ATTACH:
            with connect(at) as session, plainly(StatementFailed, address=at.address):
                rehearse(session, self.cut)
        return f"Rehearsed: {self._found}."

    @property
    def _found(self) -> str:
        if self.cut.method == ATTACH:
            return "the swap scans no row and builds no index"
        return f"{len(self.cut.pieces)} partitions take the rows"


def before_of(run: Run) -> tuple[str, ...]:
    """The table as the first step of this run described it."""
    found = (run.result(1) or {}).get(BEFORE, {})
    return tuple(found.get("properties", ()))


def rehearse(session: Session, cut: Cut) -> None:
    """Raise TableNotPartitionable where ATTACH would scan or build anything; nothing is left.

    Foreign keys are left out: they would lock what they refer to.
    """
    import psycopg

    trial = msgspec.structs.replace(
        cut, table=f"hrmsops_{cut.run}_t", run=f"{cut.run}-trial", pieces=cut.pieces[:1]
    )
    with session.transaction(force_rollback=True):
        session.execute("SET LOCAL lock_timeout = '1s'")
        _run(session, _twin(_shape(session, cut.name), cut, trial.name))
        _prepare(session, trial)
        for statement in swap.swap(_shape(session, trial.name), trial):
            before = _work(session, trial.left)
            _run(session, [statement])
            if " ATTACH PARTITION " in statement and _work(session, trial.left) != before:
                raise TableNotPartitionable(
                    table=str(cut.name),
                    objections=(
                        "Attached, an empty table like it would be scanned or get an index built: "
                        "the lock would last as long as that",
                    ),
                )
    assert session.info.transaction_status == psycopg.pq.TransactionStatus.IDLE


def _twin(shape: Shape, cut: Cut, twin: TableName) -> list[str]:
    """An empty table like this one; LIKE would copy what we are building on it, too."""
    made = table(twin)
    like = f"CREATE TABLE {made} (LIKE {table(cut.name)} INCLUDING ALL EXCLUDING INDEXES)"
    return [like, *(_index(each, made) for each in cut.kept(shape))]


def _index(of: ShapeIndex, made: str) -> str:
    if of.constraint:
        return f"ALTER TABLE {made} ADD {of.constraint}"
    return f"CREATE {'UNIQUE ' if of.is_unique else ''}INDEX ON {made} {of.tail}"


def _prepare(session: Session, trial: Cut) -> None:
    """All that comes before the swap, without CONCURRENTLY: nobody else sees it."""
    _run(session, parent.parent(_shape(session, trial.name), trial))
    validate = f"ALTER TABLE {table(trial.name)} VALIDATE CONSTRAINT {name(trial.bound)}"
    key = [parent.key_index(trial, concurrently=False)] if trial.changes_key else []
    _run(session, [parent.bound(trial), validate, *key])


def _run(session: Session, statements: list[str] | tuple[str, ...]) -> None:
    for statement in statements:
        session.execute(statement.encode())


def _shape(session: Session, of: TableName) -> Shape:
    from hrmsops.postgres.table_shape_reading import read_shape

    found = read_shape(session, of)
    assert found is not None
    return found


def _work(session: Session, of: TableName) -> tuple[object, ...] | None:
    return session.execute(_WORK.encode(), list(of)).fetchone()
