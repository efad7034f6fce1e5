"""Apply one migration."""

from __future__ import annotations

from typing import Any, ClassVar

from hrmsops.engine.run import Run
from hrmsops.engine.step import Result, Step
from hrmsops.errors.base import HrmsopsError
from hrmsops.errors.migrate import MigrationFailed, MigrationHalfApplied
from hrmsops.steps.schema.agents import Migrating, agent_of, dismiss
from hrmsops.steps.schema.applied import Applied, applied
from hrmsops.steps.schema.listening import Listening
from hrmsops.steps.schema.told import some_operations, waits
from hrmsops.world import World


class ApplyMigration(Step[World], frozen=True, kw_only=True):
    """Apply `app.migration` with the HRMS's own Django.

    The record in django_migrations and the ledger's are committed together with the migration, so
    the database alone says whether it is done. Of one without a transaction the ledger says how far
    it came. `fingerprint` names the code that was shown: another is not applied.
    """

    name: ClassVar[str] = "apply-migration"

    app: str
    migration: str
    replaces: tuple[str, ...]
    is_atomic: bool
    operations: tuple[str, ...]
    fingerprint: str
    how: Migrating

    @property
    def full_name(self) -> str:
        return f"{self.app}.{self.migration}"

    def sentence(self) -> str:
        alone = "" if self.is_atomic else " (without a transaction)"
        return f"Apply {self.full_name}{alone}: {some_operations(self.operations)}"

    def find(self, world: World, run: Run) -> Result | None:
        found = self._look(world, run)
        return self._result(found, run) if found.is_applied else None

    def apply(self, world: World, run: Run) -> Result:
        try:
            agent = agent_of(world, run, self.how, self._listening(world, run))
            done = agent.ask(
                "apply",
                self._listening(world, run),
                app=self.app,
                name=self.migration,
                fingerprint=self.fingerprint,
                plan=[[each.app, each.migration] for each in migrations_of(run)],
                repeat=self.how.repeats,
            )
        except MigrationFailed as error:
            dismiss(world, run)
            raise self._explained(error, run) from error
        except BaseException:
            dismiss(world, run)
            raise
        if done.get("attempts", 1) > 1:
            run.note(attempts=done["attempts"])
        return {}

    def revert(self, world: World, run: Run) -> bool:
        """True where nothing of it is in the database: it is never taken back from here."""
        found = self._look(world, run)
        return not (found.is_applied or found.may_still_run or found.has_left_something)

    def _look(self, world: World, run: Run) -> Applied:
        return applied(world, run, self.how, app=self.app, name=self.migration, of=self.replaces)

    def _listening(self, world: World, run: Run) -> Listening:
        return Listening(world, run, self.full_name)

    def _result(self, found: Applied, run: Run) -> Result:
        noted = run.noted(run.at_step)
        findings = [*waits(noted)]
        if index := noted.get("dropped_invalid"):
            findings.append(f"dropped {index}, which a failed build had left INVALID")
        return {**found.facts, **({"findings": findings} if findings else {})}

    def _explained(self, error: MigrationFailed, run: Run) -> HrmsopsError:
        """The same with what of the run is applied, and what is not."""
        migrations = migrations_of(run)
        here = migrations.index(self)
        pending = tuple(each.full_name for each in migrations[here + 1 :])
        facts: dict[str, Any] = error.facts
        if not facts.get("is_atomic", True):
            return MigrationHalfApplied(
                migration=self.full_name, run=run.id, facts=facts, pending=pending
            )
        done = tuple(each.full_name for each in migrations[:here])
        return MigrationFailed(migration=self.full_name, facts=facts, applied=done, pending=pending)


def migrations_of(run: Run) -> list[ApplyMigration]:
    """The migrations of a run's plan, in their order."""
    return [step for step in run.plan.steps if isinstance(step, ApplyMigration)]
