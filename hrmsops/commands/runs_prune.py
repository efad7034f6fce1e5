"""`hrmsops runs prune`: old records leave, when somebody asks for it, and never by themselves."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Annotated

import typer

from hrmsops.commands import options
from hrmsops.commands.applying import Manner, journal_of, world_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hrmsops.engine.run import Run
    from hrmsops.world import World


def _duration(text: str) -> timedelta:
    from hrmsops.config.duration import duration

    return duration(text)


OlderThan = Annotated[
    timedelta,
    typer.Option("--older-than", metavar="DURATION", parser=_duration, help="Such as 90d."),
]


def prune(
    older_than: OlderThan,
    env: options.Env = None,
    confirm: options.Confirm = None,
    dry_run: options.DryRun = False,
    json: options.Json = False,
    config_path: options.ConfigPath = None,
) -> None:
    """Delete the record of old runs for good, but for what a later rollback may need.

    What is unfinished or at work stays, and so do a hold, the revisions that were rolled away from,
    the last ten seen healthy, the newest run of each command, and what those refer to.
    """
    from hrmsops.console import prompts

    world = world_of(Manner(env=env, config=config_path, json=json))
    name = world.environment.name
    runs = _prunable(world, older_than)
    if not json:
        _show(runs)
    if runs and not dry_run:
        summary = f"Delete the record of {len(runs)} runs"
        prompts.consent(undoable=False, name=name, yes=False, confirm=confirm, summary=summary)
        # While somebody thought it over, another run may have come to need one of them.
        still = {run.id for run in _prunable(world, older_than)}
        runs = tuple(run for run in runs if run.id in still)
        for run in runs:
            journal_of(world).forget(run.id)
    _tell(runs, is_done=bool(runs) and not dry_run, json=json)


def _prunable(world: World, older_than: timedelta) -> tuple[Run, ...]:
    from hrmsops.rollback.pruning import prunable

    holder = world.lease().holder()
    return prunable(
        journal_of(world).runs(),
        environment=world.environment.name,
        before=world.record_clock.now() - older_than,
        held=holder.run if holder else "",
    )


def _show(runs: Sequence[Run]) -> None:
    from hrmsops.console import output

    for run in runs:
        what = f"{run.plan.command}, {run.outcome}: {run.plan.reason}"
        output.say(f"  {run.id}  {run.began_at:%Y-%m-%d}  {what}")


def _tell(runs: Sequence[Run], *, is_done: bool, json: bool) -> None:
    from hrmsops.console import output

    if json:
        output.write_json("prune", {"runs": [run.id for run in runs], "is_done": is_done})
    elif not runs:
        output.result("Nothing is that old, or what is may still be needed.")
    elif is_done:
        output.result(f"The record of {len(runs)} runs is deleted.", style="good")
    else:
        output.say("Nothing was changed (--dry-run).")
