"""`hrmsops rollback pitr`: the database as it was at a moment, as a new instance, verified."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import typer

from hrmsops.commands import options
from hrmsops.commands.applying import Manner, carry_out

if TYPE_CHECKING:
    from hrmsops.engine.journal import Journal
    from hrmsops.engine.plan import Plan
    from hrmsops.world import World


def _moment(text: str) -> datetime:
    from hrmsops.config.moment import moment

    return moment(text)


At = Annotated[
    datetime,
    typer.Option(
        "--at",
        metavar="TIME",
        parser=_moment,
        help="The moment to go back to, with its zone: 2026-08-22T09:14:00Z.",
    ),
]
CloneName = Annotated[
    str | None,
    typer.Option(
        "--clone-name",
        metavar="PREFIX",
        help="How the new instance's name begins; it ends in the run's id. Else the instance's.",
    ),
]


def pitr(
    at: At,
    env: options.Env = None,
    clone_name: CloneName = None,
    reason: options.Reason = None,
    yes: options.Yes = False,
    dry_run: options.DryRun = False,
    plan_out: options.PlanOut = None,
    plan_in: options.PlanIn = None,
    wait: options.Wait = None,
    detach: options.Detach = False,
    take_over: options.TakeOver = False,
    json: options.Json = False,
    config_path: options.ConfigPath = None,
) -> None:
    """Recover the database as it was at a moment into a new instance, verify it, and stop there."""
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
        from hrmsops.rollback.kinds.pitr import plan
        from hrmsops.rollback.observing import observe
        from hrmsops.rollback.observing_database import observe_database

        facts = observe(world, journal)
        database = observe_database(world, facts)
        # Asked now, so that a missing password is not met after a clone of forty minutes.
        world.target(database.instance, application_name="hrmsops")
        return plan(
            facts,
            database,
            at=at,
            environment=world.environment,
            reason=reason_for(reason, manner),
            clone_name=clone_name,
        )

    carry_out(manner, make_plan)
