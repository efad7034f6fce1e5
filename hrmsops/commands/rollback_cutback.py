"""`hrmsops rollback cutback`: the way back from a cutover."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Unpack

import typer

from hrmsops.commands import options
from hrmsops.commands.applying import Manner, carry_out
from hrmsops.commands.completion import complete_run

if TYPE_CHECKING:
    from hrmsops.engine.journal import Journal
    from hrmsops.engine.plan import Plan
    from hrmsops.world import World

RunId = Annotated[
    str,
    typer.Argument(
        metavar="RUN", autocompletion=complete_run, help="The run whose cutover is taken back."
    ),
]


@options.spread
def cutback(
    run: RunId,
    env: options.Env = None,
    reason: options.Reason = None,
    yes: options.Yes = False,
    confirm: options.Confirm = None,
    dry_run: options.DryRun = False,
    **shared: Unpack[options.SharedWithWait],
) -> None:
    """Take a cutover back, finished or stopped half-way: the instance that was left serves again.

    What was written to the new one since stays behind in it.
    """
    manner = Manner(env=env, yes=yes, confirm=confirm, dry_run=dry_run, takes_back=run, **shared)

    def make_plan(world: World, journal: Journal) -> Plan:
        from hrmsops.commands.asking import reason_for
        from hrmsops.rollback.continuing import require_service
        from hrmsops.rollback.kinds.cutback import cut_over, plan
        from hrmsops.rollback.observing import observe
        from hrmsops.rollback.observing_cutover import trouble_with
        from hrmsops.rollback.observing_database import active_instance

        found = journal.look(run)
        require_service(found, world.service_name)
        made, facts = cut_over(found), observe(world, journal)
        return plan(
            facts,
            made,
            active=active_instance(world, facts),
            trouble=trouble_with(world, made.taken),
            trouble_back=trouble_with(world, made.left),
            environment=world.environment,
            reason=reason_for(reason, manner),
            accepted=shared["accept"] or (),
        )

    carry_out(manner, make_plan)
