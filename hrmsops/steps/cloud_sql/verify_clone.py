"""Look at a recovered database before anybody trusts it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from hrmsops.engine.run import Run
from hrmsops.engine.step import Result, Step
from hrmsops.errors.base import HrmsopsError
from hrmsops.errors.pitr import ChecksFailed, MomentTooLate, RecoveredEmpty
from hrmsops.postgres.checks import answers as checked
from hrmsops.world import World

if TYPE_CHECKING:
    from hrmsops.postgres.compare import TableComparison
    from hrmsops.postgres.session import Target

MIGRATIONS_SHOWN = 5


class VerifyClone(Step[World], frozen=True, kw_only=True):
    """Connect, read what is applied, run the operator's checks, and compare with the damaged one.

    `checks` are (name, SQL that must answer true) of the configuration. Nothing is written to
    either database; where the damaged one cannot be reached, the comparison is left out and said.
    Where `source` is empty there is nothing to compare it with. `without` is a migration,
    `app.name`, that must not be applied, or empty.
    """

    name: ClassVar[str] = "verify-clone"
    changes: ClassVar[bool] = False

    source: str
    clone: str
    checks: tuple[tuple[str, str], ...]
    without: str = ""

    def sentence(self) -> str:
        compared = f", compare it with {self.source}" if self.source else ""
        return f"Verify {self.clone}: connect, run the checks{compared}"

    def apply(self, world: World, run: Run) -> Result:
        run.progress(f"Connecting to {self.clone}")
        clone = self._target(world, run, self.clone)
        migrations = _migrations(clone)
        if not migrations:
            raise RecoveredEmpty(instance=self.clone)
        if self.without in migrations:
            raise MomentTooLate(instance=self.clone, migration=self.without)
        answers = checked(clone, self.checks)
        if failed := tuple(name for name, answer in answers.items() if not answer):
            raise ChecksFailed(instance=self.clone, failed=failed)
        tables, left_out = self._compared(world, run, clone)
        return {
            "migrations": len(migrations),
            "last_migrations": migrations[-MIGRATIONS_SHOWN:],
            "checks": answers,
            "tables": tables,
            "findings": _findings(migrations, answers, tables, left_out),
        }

    def _compared(self, world: World, run: Run, clone: Target) -> tuple[list[dict[str, Any]], str]:
        """The tables that differ, and why nothing was compared, "" where it was."""
        if not self.source:
            return [], "There is nothing to compare it with"
        try:
            return self._compare(self._target(world, run, self.source), clone, run), ""
        except HrmsopsError as error:
            return [], f"Not compared with {self.source}: {error.what} {error.why}"

    def _target(self, world: World, run: Run, instance: str) -> Target:
        found = world.cloud_sql.instance(instance)
        return world.target(found, application_name=f"hrmsops {run.id}")

    def _compare(self, source: Target, clone: Target, run: Run) -> list[dict[str, Any]]:
        from hrmsops.postgres.compare import compare

        compared = compare(
            source,
            clone,
            tables=None,
            keys_max=0,
            on_table=lambda table: run.progress(f"Compared {table.table}"),
        )
        tables = [_row(table) for table in compared.tables if not table.is_same]
        tables += [{"table": str(name), "only_in": "damaged"} for name in compared.only_here]
        tables += [{"table": str(name), "only_in": "clone"} for name in compared.only_there]
        return tables


def _migrations(target: Target) -> list[str]:
    """`app.name` of each applied migration, in the order in which they were applied."""
    from hrmsops.postgres.catalog_reading import read_catalog
    from hrmsops.postgres.session import connect

    with connect(target, read_only=True) as session:
        return [f"{each.app}.{each.name}" for each in read_catalog(session).migrations]


def _row(table: TableComparison) -> dict[str, Any]:
    return {
        "table": str(table.table),
        "rows_damaged": table.rows_here,
        "rows_clone": table.rows_there,
        "only_damaged": table.only_here.count,
        "only_clone": table.only_there.count,
        "different": table.different.count,
        "columns_only_damaged": list(table.columns_only_here),
        "columns_only_clone": list(table.columns_only_there),
    }


def _findings(
    migrations: list[str], answers: dict[str, bool], tables: list[dict[str, Any]], left_out: str
) -> list[str]:
    found = [f"it answers; {len(migrations)} migrations are applied, the last {migrations[-1]}"]
    if answers:
        found.append(f"{len(answers)} checks are true")
    if left_out:
        return [*found, left_out]
    if not tables:
        return [*found, "every row is as in the damaged database"]
    return found + [_in_words(table) for table in tables]


def _in_words(table: dict[str, Any]) -> str:
    if "only_in" in table:
        return f"{table['table']} is only in the {table['only_in']} database"
    return (
        f"{table['table']}: {table['only_clone']} rows only in the clone, "
        f"{table['only_damaged']} only in the damaged database, {table['different']} different"
    )
