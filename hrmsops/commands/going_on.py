"""Going on with a run that was begun: by `resume`, or by the approved plan that it is a run of."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection
    from pathlib import Path

    from hrmsops.commands.applying import Manner
    from hrmsops.engine.holder import Holder
    from hrmsops.engine.journal import Journal
    from hrmsops.engine.run import Run
    from hrmsops.world import World

NEWEST = 20
"""How many runs are looked through: between a job and its repetition there are few."""


def go_on(found: Run, world: World, manner: Manner, *, acknowledged: Collection[str] = ()) -> Run:
    """Take the lease, and what is left of `found`, to its end."""
    from hrmsops.commands.acknowledging import acknowledge_items, items_in
    from hrmsops.commands.applying import journal_of, perform
    from hrmsops.commands.recording import following_at_the_end
    from hrmsops.engine import leaving

    why = f"resume: {found.plan.reason}"
    _wait_for_silence(found, world, manner)
    with (
        following_at_the_end(world, json=manner.json),
        world.lease().acquire(run=found.id, why=why, take_over=False) as lease,
    ):
        journal = journal_of(world)
        before = still_open(journal.reopen(found.id, fence=lease.fence))
        acknowledge_items(
            world,
            items_in(before),
            names=acknowledged,
            run=found.id,
            is_open=True,
            json=manner.json,
        )
        going_on = still_open(journal.take_up(found.id, fence=lease.fence))
        leaving.at_the_end(lambda: world.ways.swept(found.id))
        perform(going_on, world, lease, manner)
    return going_on


def _wait_for_silence(found: Run, world: World, manner: Manner) -> None:
    from hrmsops.console import output
    from hrmsops.engine.silence import wait_for_silence

    def tell_whom(holder: Holder) -> None:
        if not manner.json:
            output.say(
                f"{holder.by} on {holder.host} was at it a moment ago: waiting for a sign of life, "
                "for a minute at most …",
                style="quiet",
            )

    here = world.operator.host
    wait_for_silence(world.lease(), found.id, world.clock, here=here, at_begin=tell_whom)


def go_on_with_plan(world: World, journal: Journal, manner: Manner) -> Run | None:
    """Go on with the run that the approved plan has begun; None where it has begun none."""
    from hrmsops.console import output
    from hrmsops.rollback.continuing import require_service

    if manner.plan_in is None or manner.only_shows:
        return None
    found = _unfinished_of(manner.plan_in, world, journal)
    if found is None:
        return None
    require_service(found, world.service_name)
    if not manner.json:
        output.say(f"Run {found.id} of this plan was not finished: it goes on.")
    tell(found, manner)
    return go_on(found, world, manner)


def _unfinished_of(approved: Path, world: World, journal: Journal) -> Run | None:
    """A job of a workflow that was cancelled is run again, with the very same plan and words."""
    from hrmsops.commands.plan_files import hash_in
    from hrmsops.engine.entries import Closed, Planned

    wanted = hash_in(approved)
    for first, last in journal.newest_ends(NEWEST):
        if isinstance(first, Planned) and not isinstance(last, Closed):
            plan = first.plan
            is_of = (plan["hash"], plan["environment"]) == (wanted, world.environment.name)
            if is_of:
                return journal.look(str(plan["run"]))
    return None


def tell(found: Run, manner: Manner) -> None:
    """Show what is gone on with; a workflow has it in its summary too."""
    from hrmsops.commands.applying import told_of
    from hrmsops.console import plans

    with told_of(found.plan, manner, is_begun=True):
        if not manner.json:
            plans.show(found.plan)


def still_open(run: Run) -> Run:
    """`run`; asked again under the lease, since another process may have ended it meanwhile."""
    from hrmsops.errors.run import RunIsOver

    if run.closed:
        raise RunIsOver(run=run.id, outcome=run.outcome)
    return run
