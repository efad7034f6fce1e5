"""Take one migration back."""

from __future__ import annotations

from typing import Any, ClassVar

import msgspec

from hrmsops.engine.run import Run
from hrmsops.engine.step import Result, Step
from hrmsops.errors.base import HrmsopsError
from hrmsops.errors.migrate import MigrationFailed, MigrationInDoubt
from hrmsops.errors.reversal import ReverseFailed, ReverseHalfDone, ReverseInDoubt
from hrmsops.steps.schema.agents import Migrating, agent_of, dismiss
from hrmsops.steps.schema.applied import Applied, applied
from hrmsops.steps.schema.listening import Listening
from hrmsops.steps.schema.told import some_operations, waits
from hrmsops.world import World


class ReverseMigration(Step[World], frozen=True, kw_only=True):
    """Take `app.migration` back with the HRMS's own Django, whose code must have it.

    Its row leaves django_migrations in the transaction that undoes it, and the ledger's is written
    there too, so the database alone says whether it is done. `kind` is what the reverse does to
    data, `fingerprint` names the code that was shown: another is not run.
    """

    name: ClassVar[str] = "reverse-migration"

    app: str
    migration: str
    replaces: tuple[str, ...]
    is_atomic: bool
    operations: tuple[str, ...]
    fingerprint: str
    kind: str
    how: Migrating
    lost: dict[str, str] = msgspec.field(default_factory=dict)
    """What goes with it, for the incident's report: in round numbers, as the plan counted."""

    @property
    def full_name(self) -> str:
        return f"{self.app}.{self.migration}"

    def sentence(self) -> str:
        alone = ", without a transaction" if not self.is_atomic else ""
        return (
            f"Take back {self.full_name} ({self.kind}{alone}): {some_operations(self.operations)}"
        )

    def find(self, world: World, run: Run) -> Result | None:
        found = self._look(world, run)
        return None if found.is_applied else self._result(found, run)

    def apply(self, world: World, run: Run) -> Result:
        listening = Listening(world, run, self.full_name)
        try:
            agent = agent_of(world, run, self.how, listening)
            done = agent.ask(
                "reverse",
                listening,
                app=self.app,
                name=self.migration,
                fingerprint=self.fingerprint,
                plan=[[each.app, each.migration] for each in reverses_of(run)],
                repeat=self.how.repeats,
            )
        except MigrationFailed as error:
            dismiss(world, run)
            raise self._explained(error, world, run) from error
        except MigrationInDoubt as error:
            dismiss(world, run)
            raise ReverseInDoubt(
                app=self.app, name=self.migration, run=run.id, why=error.why
            ) from error
        except BaseException:
            dismiss(world, run)
            raise
        if done.get("attempts", 1) > 1:
            run.note(attempts=done["attempts"])
        return {}

    def revert(self, world: World, run: Run) -> bool:
        """True where nothing of the reverse is done: it is never applied again from here."""
        found = self._look(world, run)
        is_whole = found.is_applied and not found.has_left_something
        return is_whole and not found.may_still_run

    def _look(self, world: World, run: Run) -> Applied:
        return applied(
            world,
            run,
            self.how,
            app=self.app,
            name=self.migration,
            of=self.replaces,
            reverses=True,
        )

    def _result(self, found: Applied, run: Run) -> Result:
        findings = [*waits(run.noted(run.at_step))]
        lost = {"lost": self.lost} if self.lost else {}
        return {**found.facts, **lost, **({"findings": findings} if findings else {})}

    def _explained(self, error: MigrationFailed, world: World, run: Run) -> HrmsopsError:
        """The same with what of the run is gone, and what is still applied."""
        reverses = reverses_of(run)
        here = reverses.index(self)
        left = tuple(each.full_name for each in reverses[here + 1 :])
        facts: dict[str, Any] = error.facts
        if not facts.get("is_atomic", True):
            return ReverseHalfDone(migration=self.full_name, run=run.id, facts=facts, left=left)
        return ReverseFailed(
            migration=self.full_name,
            run=run.id,
            facts=facts,
            gone=tuple(each.full_name for each in reverses[:here]),
            left=left,
            environment=world.environment.name,
        )


class ReverseLossyMigration(ReverseMigration, frozen=True, kw_only=True):
    """The same where rows or values go with it: consent needs the environment's name."""

    name: ClassVar[str] = "reverse-lossy-migration"
    loses_data: ClassVar[bool] = True


def reverses_of(run: Run) -> list[ReverseMigration]:
    """What a run's plan takes back, in its order."""
    return [step for step in run.plan.steps if isinstance(step, ReverseMigration)]
