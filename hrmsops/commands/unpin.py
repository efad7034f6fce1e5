"""`hrmsops unpin`: deploys take effect again."""

from __future__ import annotations

from typing import TYPE_CHECKING, Unpack

from hrmsops.commands import options
from hrmsops.commands.applying import Manner, carry_out

if TYPE_CHECKING:
    from hrmsops.engine.journal import Journal
    from hrmsops.engine.plan import Plan
    from hrmsops.world import World


@options.spread
def unpin(
    env: options.Env = None,
    reason: options.Reason = None,
    yes: options.Yes = False,
    dry_run: options.DryRun = False,
    **shared: Unpack[options.SharedOfCloudWithWait],
) -> None:
    """Give the traffic back to the latest revision; refused while that is the bad one."""
    manner = Manner(env=env, yes=yes, dry_run=dry_run, **shared)

    def make_plan(world: World, journal: Journal) -> Plan:
        from hrmsops.commands.asking import reason_for
        from hrmsops.rollback.observing import observe
        from hrmsops.rollback.unpin import plan

        return plan(
            observe(world, journal),
            environment=world.environment,
            reason=reason_for(reason, manner),
            accepted=shared["accept"] or (),
        )

    carry_out(manner, make_plan)
