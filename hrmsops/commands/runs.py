"""`hrmsops runs`, `runs show`, `runs abandon`, `resume`: the record, and going on from it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from hrmsops.commands import options
from hrmsops.commands.acknowledging import Acknowledge
from hrmsops.commands.applying import Manner, journal_of, world_of
from hrmsops.commands.completion import complete_run
from hrmsops.commands.endings import is_fenced
from hrmsops.commands.going_on import go_on, still_open, tell
from hrmsops.commands.recording import following_at_the_end, go_on_where_it_is
from hrmsops.commands.records import all_runs, journal_with
from hrmsops.commands.runs_prune import prune
from hrmsops.commands.runs_sync import sync

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from hrmsops.engine.run import Run
    from hrmsops.world import World

app = typer.Typer(help="What was done, and what is unfinished.")

RunId = Annotated[
    str, typer.Argument(metavar="RUN", autocompletion=complete_run, help="The run's id.")
]
MaybeRunId = Annotated[
    str | None,
    typer.Argument(
        metavar="[RUN]", autocompletion=complete_run, help="The run's id; else the unfinished one."
    ),
]

AllHosts = Annotated[
    bool, typer.Option("--all-hosts", help="The runs that other machines began as well.")
]


@app.callback(invoke_without_command=True)
def runs(
    context: typer.Context,
    env: options.OnlyEnv = None,
    all_hosts: AllHosts = False,
    json: options.Json = False,
    config_path: options.ConfigPath = None,
) -> None:
    """List the runs that this machine began, and whatever is unfinished, newest first."""
    if context.invoked_subcommand is not None:
        return
    from hrmsops.console import output
    from hrmsops.console import runs as view

    found = all_runs(config_path, json=json, is_hurried=True)
    _require_known(env, found.runs, config_path)
    asked = [run for run in reversed(found.runs) if env in (None, run.plan.environment)]
    listed = [run for run in asked if all_hosts or _concerns_us(run)]
    if json:
        silent = [f"{each.what} {each.why}" for each in found.silent]
        output.write_json(
            "runs", {"runs": [view.document(run) for run in listed], "unread": silent}
        )
        return
    for error in found.silent:
        output.say(f"{error.what} {error.why}", style="warning")
    if not listed:
        output.result("No run is on record here.")
    else:
        view.show_all(listed)
    if others := len(asked) - len(listed):
        output.say(f"{others} more were begun elsewhere: hrmsops runs --all-hosts")


def _require_known(env: str | None, runs: Iterable[Run], config_path: Path | None) -> None:
    """Raise UnknownEnvironment for a name that neither a run nor the configuration has."""
    from hrmsops import config

    if env is None or any(run.plan.environment == env for run in runs):
        return
    loaded = config.load(config_path)
    if loaded.environments:
        loaded.environment(env)


def _concerns_us(run: Run) -> bool:
    import socket

    return not run.closed or run.lines[0].host == socket.gethostname()


@app.command("show")
def show(run: RunId, json: options.Json = False, config_path: options.ConfigPath = None) -> None:
    """Show a run: its plan, its steps, and every entry of its record."""
    from hrmsops.console import output
    from hrmsops.console import runs as view

    found = journal_with(run, config_path, json=json).look(run)
    if json:
        output.write_json("run", view.document(found))
    else:
        view.show(found)


app.command("sync")(sync)
app.command("prune", epilog="Example: hrmsops runs prune --older-than 90d -e staging --dry-run")(
    prune
)


@app.command("abandon")
def abandon(
    run: RunId,
    reason: options.Reason = None,
    yes: options.Yes = False,
    proxy: options.Proxy = False,
    json: options.Json = False,
    config_path: options.ConfigPath = None,
) -> None:
    """Close an unfinished run for good; a tag that it set for its probes is taken away."""
    from hrmsops.console import prompts
    from hrmsops.engine import executor, leaving

    found = _unfinished(run, config_path, json=json)
    manner = Manner(env=found.plan.environment, config=config_path, json=json, proxy=proxy)
    world = world_of_run(found, manner)
    why = prompts.reason(reason)
    prompts.consent(undoable=True, name=run, yes=yes, confirm=None, summary=f"Abandon run {run}")
    with (
        following_at_the_end(world, json=json),
        world.lease().acquire(run=run, why=why, take_over=False) as lease,
    ):
        left = still_open(journal_of(world).reopen(run, fence=lease.fence))
        executor.abandon(left, world, lease=lease, reason=why)
    leaving.at_the_end(lambda: world.ways.swept(run))
    _tell_abandoned(left, manner)


def _tell_abandoned(run: Run, manner: Manner) -> None:
    from hrmsops.console import output
    from hrmsops.console import runs as view
    from hrmsops.console.next_command import completed_after

    if manner.json:
        output.write_json("run", {**view.document(run), "exit_code": 0})
        return
    output.result(f"Run {run.id} is abandoned.")
    if is_fenced(run) and run.plan.undo:
        output.say(
            "The old database stays fenced, and the new one does not serve.", style="warning"
        )
        output.command("Take back: ", completed_after(run.plan, run.plan.undo))


def resume(
    run: MaybeRunId = None,
    env: options.OnlyEnv = None,
    wait: options.Wait = None,
    detach: options.Detach = False,
    acknowledge: Acknowledge = None,
    plan_out: options.PlanOut = None,
    plan_in: options.PlanIn = None,
    proxy: options.Proxy = False,
    json: options.Json = False,
    config_path: options.ConfigPath = None,
) -> None:
    """Go on with an unfinished run: what is done stays done, what is not is done now."""
    from hrmsops.commands.acknowledging import items_in, tell_open
    from hrmsops.commands.plan_files import hand_out, hold_against

    found = _unfinished(run, config_path, env=env, json=json)
    manner = Manner(
        env=found.plan.environment,
        config=config_path,
        json=json,
        wait=wait,
        detach=detach,
        plan_out=plan_out,
        plan_in=plan_in,
        proxy=proxy,
    )
    world = world_of_run(found, manner)
    if plan_in:
        hold_against(plan_in, found.plan)
    tell(found, manner)
    names = acknowledge or ()
    if plan_out:
        tell_open(world, items_in(found), names=names, manner=manner)
        hand_out(plan_out, found.plan, manner, is_agreed=True)
    else:
        go_on(found, world, manner, acknowledged=names)


def _unfinished(
    run: str | None, config_path: Path | None, *, json: bool, env: str | None = None
) -> Run:
    from hrmsops.errors.run import NothingToResume, RunOfAnotherEnvironment, WhichRun

    if run is not None:
        named = still_open(journal_with(run, config_path, json=json).look(run))
        if env not in (None, named.plan.environment):
            raise RunOfAnotherEnvironment(run=run, environment=named.plan.environment)
        return named
    everything = all_runs(config_path, json=json)
    _require_known(env, everything.runs, config_path)
    unfinished = [
        found
        for found in everything.runs
        if not found.closed and env in (None, found.plan.environment)
    ]
    if not unfinished:
        if everything.silent:
            raise everything.silent[0]
        raise NothingToResume
    if len(unfinished) > 1:
        raise WhichRun(runs=tuple(found.id for found in unfinished))
    return unfinished[0]


def world_of_run(run: Run, manner: Manner) -> World:
    """The run's world; raises RunOfAnotherService where the configuration knows another."""
    from hrmsops.rollback.continuing import require_service

    world = world_of(manner, way="" if manner.proxy else run.plan.way)
    require_service(run, world.service_name)
    go_on_where_it_is(world, run)
    return world
