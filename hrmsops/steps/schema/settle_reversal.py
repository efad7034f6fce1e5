"""Tell the apps that migrations were taken back."""

from __future__ import annotations

from typing import ClassVar

from hrmsops.engine.run import Run
from hrmsops.engine.step import Result, Step
from hrmsops.steps.schema.agents import Migrating, agent_of, dismiss
from hrmsops.steps.schema.listening import Listening
from hrmsops.steps.schema.reverse_migration import reverses_of
from hrmsops.world import World


class SettleReversal(Step[World], frozen=True, kw_only=True):
    """Send Django's post_migrate signal, as its own `migrate` does backwards too.

    It is right to send it twice, so what is known is known from the record alone.
    """

    name: ClassVar[str] = "settle-reversal"

    how: Migrating

    def sentence(self) -> str:
        return "Let the apps see what is there now (post_migrate)"

    def find(self, world: World, run: Run) -> Result | None:
        return {} if run.noted(run.at_step).get("is_told") else None

    def apply(self, world: World, run: Run) -> Result:
        listening = Listening(world, run, "post_migrate")
        plan = [[each.app, each.migration] for each in reverses_of(run)]
        try:
            agent = agent_of(world, run, self.how, listening)
            agent.ask("settle", listening, plan=plan, backwards=True)
        except BaseException:
            dismiss(world, run)
            raise
        run.note(is_told=True)
        return {}
