"""`hrmsops unpin`: deploys take effect again."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hrmsops.commands import options
from hrmsops.commands.applying import Manner, carry_out

if TYPE_CHECKING:
    from hrmsops.engine.journal import Journal
    from hrmsops.engine.plan import Plan
    from hrmsops.world import World


def unpin(
    env: options.Env = None,
    reason: options.Reason = None,
    yes: options.Yes = False,
    dry_run: options.DryRun = False,
    accept: options.Accept = None,
    plan_out: options.PlanOut = None,
    plan_in: options.PlanIn = None,
    wait: options.Wait = None,
    detach: options.Detach = False,
    take_over: options.TakeOver = False,
    json: options.Json = False,
    config_path: options.ConfigPath = None,
) -> None:
    """Give the traffic back to the latest revision; refused while that is the bad one."""
    manner = Manner(
        env=env,
        config=config_path,
        json=json,
        yes=yes,
        dry_run=dry_run,
        plan_out=plan_out,
        plan_in=plan_in,
        take_over=take_over,
        wait=wait,
        detach=detach,
    )

    def make_plan(world: World, journal: Journal) -> Plan:
        from hrmsops.commands.asking import reason_for
        from hrmsops.rollback.observing import observe
        from hrmsops.rollback.unpin import plan

        return plan(
            observe(world, journal),
            environment=world.environment,
            reason=reason_for(reason, manner),
            accepted=accept or (),
        )

    carry_out(manner, make_plan)
