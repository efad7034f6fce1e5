"""Look whether the database is as it should be after its migrations."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

from hrmsops.engine.run import Run
from hrmsops.engine.step import Result, Step
from hrmsops.errors.migrate import MigrationsUnverified
from hrmsops.steps.schema.agents import Migrating, agent_of, dismiss
from hrmsops.steps.schema.listening import Listening
from hrmsops.world import World

LOOKS = {
    "left": "{} is left to apply",
    "changes": "no migration knows: {}",
    "invalid": "index {} is INVALID",
    "not_valid": "constraint {} was never validated",
    "refused": "{}",
    "checks": "system check {}",
}
"""What the agent answers, and how each of its findings is told."""


class VerifyMigrations(Step[World], frozen=True, kw_only=True):
    """Nothing left to apply, no model without its migration, indexes and constraints whole.

    The application's roles are probed on each table and sequence, and Django's system checks run.
    `known` is what was so before the run: told, and not counted.
    """

    name: ClassVar[str] = "verify-migrations"
    changes: ClassVar[bool] = False

    how: Migrating
    known: tuple[str, ...]

    def sentence(self) -> str:
        return "Verify: nothing left, indexes, constraints, the application's rights, system checks"

    def apply(self, world: World, run: Run) -> Result:
        listening = Listening(world, run, "verify")
        try:
            agent = agent_of(world, run, self.how, listening)
            answer = agent.ask(
                "verify", listening, app=self.how.app or None, to=self.how.to or None
            )
        finally:
            dismiss(world, run)
        found = in_words(answer)
        if new := tuple(each for each in found if each not in self.known):
            raise MigrationsUnverified(findings=new, run=run.id)
        before = [f"{each} (as before)" for each in found]
        return {"findings": before or ["everything is as it should be"]}


def in_words(answer: dict[str, Any]) -> list[str]:
    """The findings of a look, each as a sentence's beginning."""
    return [told.format(each) for look, told in LOOKS.items() for each in _of(answer, look)]


def _of(answer: dict[str, Any], look: str) -> Sequence[str]:
    found: Sequence[str] = answer.get(look) or ()
    return found
