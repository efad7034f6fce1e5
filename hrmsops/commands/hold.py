"""`hrmsops hold on|off|status`: stop the bleeding, and let it all go on as it was found."""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING, Annotated, Unpack

import typer

from hrmsops.commands import options
from hrmsops.commands.acknowledging import Acknowledge
from hrmsops.commands.applying import Manner, carry_out, journal_of, world_of
from hrmsops.commands.completion import complete_revision

if TYPE_CHECKING:
    from hrmsops.engine.journal import Journal
    from hrmsops.engine.plan import Plan
    from hrmsops.gcp.traffic import Traffic
    from hrmsops.steps.hold.held import Hold
    from hrmsops.world import World

app = typer.Typer(
    no_args_is_help=True,
    help="Stop the bleeding: pause what works by itself, and let it go on as it was found.",
)

Revision = Annotated[
    str | None,
    typer.Option(
        "--revision",
        metavar="NAME",
        autocompletion=complete_revision,
        help="A read-only or maintenance revision that takes the traffic meanwhile.",
    ),
]
CancelJobs = Annotated[
    bool,
    typer.Option("--cancel-jobs", help="End running executions too; nothing starts them again."),
]


@app.command(epilog="Example: hrmsops hold on -e production --reason 'Amounts are wrong'")
@options.spread
def on(
    env: options.Env = None,
    revision: Revision = None,
    cancel_jobs: CancelJobs = False,
    reason: options.Reason = None,
    yes: options.Yes = False,
    confirm: options.Confirm = None,
    dry_run: options.DryRun = False,
    **shared: Unpack[options.SharedOfCloud],
) -> None:
    """Pause schedulers, queues and workers, and keep how each was found."""
    manner = Manner(env=env, yes=yes, confirm=confirm, dry_run=dry_run, **shared)

    def make_plan(world: World, _journal: Journal) -> Plan:
        from hrmsops.commands.asking import reason_for
        from hrmsops.plans import hold
        from hrmsops.steps.hold.observing import observe_hold

        return hold.on(
            observe_hold(world),
            world.cloud_run.service(world.service_name),
            world.cloud_run.revisions(world.service_name),
            now=world.clock.now(),
            environment=world.environment,
            reason=reason_for(reason, manner),
            revision=world.environment.hold.revision if revision is None else revision,
            cancel=cancel_jobs,
        )

    carry_out(manner, make_plan)


@app.command(epilog="Example: hrmsops hold off -e production --acknowledge bank_files")
@options.spread
def off(
    env: options.Env = None,
    acknowledge: Acknowledge = None,
    reason: options.Reason = None,
    yes: options.Yes = False,
    dry_run: options.DryRun = False,
    **shared: Unpack[options.SharedOfCloud],
) -> None:
    """Let everything go on as it was found, once what left the building is acknowledged."""
    manner = Manner(env=env, yes=yes, dry_run=dry_run, **shared)

    def make_plan(world: World, journal: Journal) -> Plan:
        from hrmsops.commands.asking import reason_for
        from hrmsops.errors.hold import NotOnHold
        from hrmsops.plans import hold
        from hrmsops.steps.hold.held import active_hold

        held = active_hold(journal.runs(), world.service_name)
        if held is None:
            raise NotOnHold(environment=world.environment.name)
        queries = tuple(sorted(world.environment.irrevocable.items()))
        plan = hold.off(
            held,
            world.cloud_run.service(world.service_name),
            now=world.clock.now(),
            environment=world.environment,
            reason=reason_for(reason, manner),
            instances=_instances(world, journal, held) if queries else (),
            queries=queries,
            accepted=shared["accept"] or (),
        )
        if not manner.only_shows:
            _acknowledge(world, plan, acknowledge or (), json=manner.json)
        return plan

    carry_out(manner, make_plan)


@app.command()
def status(
    env: options.Env = None,
    json: options.Json = False,
    config_path: options.ConfigPath = None,
) -> None:
    """Show what is held, since when and by which run, and what works on."""
    from hrmsops.console import hold as view
    from hrmsops.console import output
    from hrmsops.steps.hold.held import active_hold
    from hrmsops.steps.hold.observing import observe_hold

    world = world_of(Manner(env=env, config=config_path, json=json))
    held = active_hold(journal_of(world).runs(), world.service_name)
    facts, traffic = observe_hold(world), _traffic_now(world, held)
    if json:
        output.write_json("hold", view.document(held, facts, traffic=traffic))
    else:
        now = world.clock.now()
        view.show(held, facts, traffic=traffic, environment=world.environment, now=now)


def _traffic_now(world: World, held: Hold | None) -> Traffic | None:
    """What is asked for by now; None where the hold has moved none."""
    from hrmsops.steps.hold.held import TRAFFIC

    has_moved = held is not None and held.of(TRAFFIC)
    return world.cloud_run.service(world.service_name).traffic if has_moved else None


def _instances(world: World, journal: Journal, held: Hold) -> tuple[str, ...]:
    """Where what left is looked for: in what serves, and in what recoveries went back from."""
    from hrmsops.rollback.observing import observe
    from hrmsops.rollback.observing_database import active_instance

    active = active_instance(world, observe(world, journal))
    return tuple(dict.fromkeys([active, *(each.instance for each in held.recoveries)]))


def _acknowledge(world: World, plan: Plan, names: Collection[str], *, json: bool) -> None:
    """List what left, and have each acknowledged before anything goes on."""
    from hrmsops.commands.acknowledging import acknowledge_items
    from hrmsops.steps.rows.irrevocable import ListIrrevocable, listed

    items = [
        item
        for step in plan.steps
        if isinstance(step, ListIrrevocable)
        for item in listed(
            world,
            instance=step.instance,
            since=step.since,
            queries=step.queries,
            application_name=f"hrmsops {plan.run}",
        )
    ]
    acknowledge_items(world, items, names=names, run=plan.run, is_open=False, json=json)
