"""Write the reference data."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

import msgspec

from hrmsops.engine.run import Run
from hrmsops.engine.step import Result, Step
from hrmsops.steps.rows.reaching import target
from hrmsops.steps.rows.seed_material import due_of
from hrmsops.world import World

if TYPE_CHECKING:
    pass


class Seeded(msgspec.Struct, frozen=True, kw_only=True):
    """What a person saw of one table before saying yes.

    `noted` are rows that are there just so, and were not on record. `digest` names those that are
    written and what stands in them: what is written is this or nothing.
    """

    table: str
    added: int
    changed: int
    noted: int
    digest: str


class SeedTables(Step[World], frozen=True, kw_only=True):
    """Write the rows that are due on `instance`, all in one transaction.

    The database remembers the run in it (`hrmsops.seeds`): that is how a second try knows. `only`
    are the fixtures that were asked for, none for all that belong to `kind`.
    """

    name: ClassVar[str] = "seed-tables"

    instance: str
    environment: str
    kind: str
    only: tuple[str, ...]
    overwrite: bool
    tables: tuple[Seeded, ...]

    def sentence(self) -> str:
        due = [each.added + each.changed for each in self.tables if each.added + each.changed]
        if not due:
            return f"Note which rows of {self.instance} are as they are seeded"
        rows = f"{sum(due):,} rows of {len(due)} tables"
        return f"Write {rows} on {self.instance}, in one transaction"

    def find(self, world: World, run: Run) -> Result | None:
        from hrmsops.errors.database import StatementFailed
        from hrmsops.postgres.refusals import plainly
        from hrmsops.postgres.session import connect
        from hrmsops.seed.records import counts_of

        where = target(world, run, self.instance)
        with connect(where) as session, plainly(StatementFailed, address=where.address):
            counts = counts_of(session, run.id)
        if counts is None:
            return None
        return {
            "tables": counts,
            **{name: _sum(counts, name) for name in ("added", "changed", "unchanged", "kept")},
        }

    def apply(self, world: World, run: Run) -> Result:
        from hrmsops.postgres.session import connect
        from hrmsops.seed.seeding import Origin, write_all

        due = due_of(world, run, self)
        origin = Origin(
            run=run.id,
            operator=world.operator.account,
            environment=self.environment,
            kind=self.kind,
            instance=self.instance,
        )
        with connect(target(world, run, self.instance)) as session:
            write_all(
                session,
                due,
                origin,
                overwrite=self.overwrite,
                shown={each.table: each.digest for each in self.tables},
                patience=world.config.timeouts.lock,
                on_wait=lambda n: run.progress(f"Somebody holds the tables; attempt {n + 1}"),
            )
        return {}

    def revert(self, world: World, run: Run) -> bool:
        """One transaction: what has not come through has left nothing."""
        return self.find(world, run) is None


class OverwriteTables(SeedTables, frozen=True, kw_only=True):
    """The same where values are lost that somebody has put there by hand."""

    name: ClassVar[str] = "overwrite-tables"
    loses_data: ClassVar[bool] = True


def _sum(counts: dict[str, dict[str, int]], name: str) -> int:
    return sum(each.get(name, 0) for each in counts.values())
