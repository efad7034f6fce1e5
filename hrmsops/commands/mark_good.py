"""`hrmsops mark-good`: what a deploy ends with, so that the next rollback knows where to go."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hrmsops.commands import options
from hrmsops.commands.applying import Manner, carry_out

if TYPE_CHECKING:
    from hrmsops.engine.journal import Journal
    from hrmsops.engine.plan import Plan
    from hrmsops.world import World

REASON = "seen healthy after a deploy"


def mark_good(
    env: options.Env = None,
    reason: options.Reason = REASON,
    yes: options.Yes = False,
    dry_run: options.DryRun = False,
    accept: options.Accept = None,
    json: options.Json = False,
    config_path: options.ConfigPath = None,
) -> None:
    """Check the service's health and tag the revision that serves as last-good."""
    manner = Manner(env=env, config=config_path, json=json, yes=yes, dry_run=dry_run, accept=accept)

    def make_plan(world: World, journal: Journal) -> Plan:
        from hrmsops.console import prompts
        from hrmsops.rollback.mark_good import plan
        from hrmsops.rollback.observing import observe

        facts = observe(world, journal)
        return plan(facts, environment=world.environment, reason=prompts.reason(reason or REASON))

    carry_out(manner, make_plan)
