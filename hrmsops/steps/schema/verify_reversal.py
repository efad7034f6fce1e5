"""Look whether the database is as it should be after its migrations were taken back."""

from __future__ import annotations

from typing import Any, ClassVar

from hrmsops.engine.run import Run
from hrmsops.engine.step import Result, Step
from hrmsops.errors.migrate import MigrationsUnverified
from hrmsops.steps.schema.agents import Migrating, agent_of, dismiss, target_of
from hrmsops.steps.schema.listening import Listening
from hrmsops.steps.schema.reverse_migration import reverses_of
from hrmsops.steps.schema.verify_migrations import in_words
from hrmsops.world import World


class VerifyReversal(Step[World], frozen=True, kw_only=True):
    """None of them is recorded as applied, and the ledger and django_migrations agree.

    Indexes and constraints are looked at, and the application's roles on each table and sequence.
    `known` is what was so before the run: told, and not counted.
    """

    name: ClassVar[str] = "verify-reversal"
    changes: ClassVar[bool] = False

    how: Migrating
    known: tuple[str, ...]

    def sentence(self) -> str:
        return "Verify: none of them is recorded, the ledger agrees, indexes, constraints, rights"

    def apply(self, world: World, run: Run) -> Result:
        listening = Listening(world, run, "verify")
        names = [each.full_name for each in reverses_of(run)]
        try:
            agent = agent_of(world, run, self.how, listening)
            answer = agent.ask("verify-reversed", listening, migrations=names)
        finally:
            dismiss(world, run)
        found = [*_differing(world, run, self.how, answer, names), *looks(answer)]
        if new := tuple(each for each in found if each not in self.known):
            raise MigrationsUnverified(findings=new, run=run.id)
        before = [f"{each} (as before)" for each in found]
        return {"findings": before or ["everything is as it should be"]}


def looks(answer: dict[str, Any]) -> list[str]:
    """The findings about the database; what is left to apply is none: it was taken back."""
    return in_words({**answer, "left": ()})


def _differing(
    world: World, run: Run, how: Migrating, answer: dict[str, Any], names: list[str]
) -> list[str]:
    """What django_migrations and the ledger's newest row do not say alike."""
    from hrmsops.postgres.ledger import REVERSED, read_ledger
    from hrmsops.postgres.session import connect

    with connect(target_of(world, run, how), read_only=True) as session:
        newest = {each.migration: each for each in read_ledger(session, reverses=True)}
    found = [f"{name} is still recorded as applied" for name in answer["left"]]
    silent = [name for name in names if name not in newest or newest[name].outcome != REVERSED]
    return found + [f"the ledger does not have the reverse of {name}" for name in silent]
