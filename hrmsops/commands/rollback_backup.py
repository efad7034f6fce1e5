"""`hrmsops rollback backup`: the database as a backup holds it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, NamedTuple

import typer

from hrmsops.commands import options
from hrmsops.commands.applying import Manner, carry_out
from hrmsops.commands.completion import complete_backup, complete_revision
from hrmsops.commands.hold import CancelJobs
from hrmsops.commands.holding import NoHold, held_first
from hrmsops.commands.rollback_pitr import CloneName

if TYPE_CHECKING:
    from hrmsops.config import Environment
    from hrmsops.engine.journal import Journal
    from hrmsops.engine.plan import Plan
    from hrmsops.gcp.sql_resources import Backup
    from hrmsops.rollback.backup_facts import BackupFacts
    from hrmsops.rollback.facts import ServiceFacts
    from hrmsops.rollback.hold_first import HoldFirst
    from hrmsops.world import World

BackupId = Annotated[
    str | None,
    typer.Option(
        "--backup",
        metavar="ID|latest",
        autocompletion=complete_backup,
        help="The backup: its number, its name, or latest. Else it is picked from a list.",
    ),
]
InPlace = Annotated[
    bool,
    typer.Option(
        "--in-place",
        help="Over the data of the instance that serves, by its name alone: it burns the bridge.",
    ),
]
Matching = Annotated[
    str | None,
    typer.Option(
        "--revision",
        metavar="NAME",
        autocompletion=complete_revision,
        help="The revision whose code matches the backup.",
    ),
]


def backup(
    backup: BackupId = None,
    env: options.Env = None,
    in_place: InPlace = False,
    revision: Matching = None,
    clone_name: CloneName = None,
    reason: options.Reason = None,
    yes: options.Yes = False,
    confirm: options.Confirm = None,
    accept: options.Accept = None,
    no_hold: NoHold = False,
    cancel_jobs: CancelJobs = False,
    dry_run: options.DryRun = False,
    interactive: options.Interactive = False,
    plan_out: options.PlanOut = None,
    plan_in: options.PlanIn = None,
    wait: options.Wait = None,
    detach: options.Detach = False,
    take_over: options.TakeOver = False,
    json: options.Json = False,
    config_path: options.ConfigPath = None,
) -> None:
    """Restore a backup into a new instance, verify it, and stop there; or over what serves."""
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
        confirm=confirm,
    )

    asked = _Asked(
        backup=backup,
        in_place=in_place,
        revision=revision,
        clone_name=clone_name,
        accepted=tuple(accept or ()),
        is_interactive=interactive,
        hold=not no_hold,
        cancel_jobs=cancel_jobs,
    )
    carry_out(manner, lambda world, journal: _plan(world, journal, asked, reason, manner))


class _Asked(NamedTuple):
    """What was typed of this kind of rollback alone."""

    backup: str | None
    in_place: bool
    revision: str | None
    clone_name: str | None
    accepted: tuple[str, ...]
    is_interactive: bool
    hold: bool
    cancel_jobs: bool


def _plan(
    world: World, journal: Journal, asked: _Asked, reason: str | None, manner: Manner
) -> Plan:
    from hrmsops.commands.asking import pick_backup, reason_for
    from hrmsops.rollback.backup_choice import choose
    from hrmsops.rollback.observing import observe
    from hrmsops.rollback.observing_database import observe_backups

    world.require_login()
    facts = observe(world, journal)
    database = observe_backups(world, facts)
    wanted = asked.backup
    if wanted is None or asked.is_interactive:
        wanted = pick_backup(database, wanted)
    chosen = choose(database, wanted, accepted=asked.accepted)
    _tell_loss(world, database, chosen, manner)
    why = reason_for(reason, manner)
    kind = _in_place if asked.in_place else _anew
    hold = held_first(world, hold=asked.hold, accepted=asked.accepted, cancel=asked.cancel_jobs)
    environment = world.environment
    return kind(facts, database, chosen, asked, environment=environment, reason=why, hold=hold)


def _anew(
    facts: ServiceFacts,
    database: BackupFacts,
    backup: Backup,
    asked: _Asked,
    *,
    environment: Environment,
    reason: str,
    hold: HoldFirst,
) -> Plan:
    from hrmsops.rollback.kinds.backup import plan

    return plan(
        facts,
        database,
        backup=backup,
        environment=environment,
        reason=reason,
        clone_name=asked.clone_name,
        hold=hold,
    )


def _in_place(
    facts: ServiceFacts,
    database: BackupFacts,
    backup: Backup,
    asked: _Asked,
    *,
    environment: Environment,
    reason: str,
    hold: HoldFirst,
) -> Plan:
    from hrmsops.rollback.candidates import choose
    from hrmsops.rollback.kinds.backup_in_place import plan

    return plan(
        facts,
        database,
        backup=backup,
        revision=choose(facts, asked.revision) if asked.revision else None,
        environment=environment,
        reason=reason,
        accepted=asked.accepted,
        hold=hold,
    )


def _tell_loss(world: World, database: BackupFacts, backup: Backup, manner: Manner) -> None:
    """What will be lost, before anybody says yes; else the run itself says it first."""
    from hrmsops.console import output
    from hrmsops.rollback.kinds.backup import sure_until
    from hrmsops.steps.cloud_sql.note_loss import loss

    if manner.json or manner.yes or manner.plan_in or manner.plan_out:
        return
    for sentence in loss(world, database.active, sure_until(backup))["findings"]:
        output.say(sentence, style="warning")
