"""Tell the apps that migrations were applied."""

from __future__ import annotations

from typing import ClassVar

from hrmsops.engine.run import Run
from hrmsops.engine.step import Result, Step
from hrmsops.steps.schema.agents import Migrating, agent_of, dismiss
from hrmsops.steps.schema.apply_migration import migrations_of
from hrmsops.steps.schema.listening import Listening
from hrmsops.world import World


class SettleMigrations(Step[World], frozen=True, kw_only=True):
    """Send Django's post_migrate signal: content types and permissions are made by it.

    It is right to send it twice, so what is known is known from the record alone.
    """

    name: ClassVar[str] = "settle-migrations"

    how: Migrating

    def sentence(self) -> str:
        return "Let the apps make their content types and permissions (post_migrate)"

    def find(self, world: World, run: Run) -> Result | None:
        return {} if run.noted(run.at_step).get("is_told") else None

    def apply(self, world: World, run: Run) -> Result:
        listening = Listening(world, run, "post_migrate")
        try:
            agent = agent_of(world, run, self.how, listening)
            plan = [[each.app, each.migration] for each in migrations_of(run)]
            agent.ask("settle", listening, plan=plan)
        except BaseException:
            dismiss(world, run)
            raise
        run.note(is_told=True)
        return {}
