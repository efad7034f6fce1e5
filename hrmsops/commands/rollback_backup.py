"""`hrmsops rollback backup`: the database as a backup holds it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Unpack

import typer

from hrmsops.commands import options
from hrmsops.commands.acknowledging import Acknowledge
from hrmsops.commands.applying import Manner, carry_out
from hrmsops.commands.completion import complete_backup, complete_revision
from hrmsops.commands.hold import CancelJobs
from hrmsops.commands.holding import NoHold
from hrmsops.commands.rollback_pitr import CloneName, Continue, InstanceName, Promote

if TYPE_CHECKING:
    from hrmsops.engine.journal import Journal
    from hrmsops.engine.plan import Plan
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
        help="The revision that served then. Else the record, or the order, says.",
    ),
]


@options.spread
def backup(
    backup: BackupId = None,
    continues: Continue = None,
    promote: Promote = False,
    in_place: InPlace = False,
    revision: Matching = None,
    instance: InstanceName = None,
    env: options.Env = None,
    clone_name: CloneName = None,
    reason: options.Reason = None,
    yes: options.Yes = False,
    confirm: options.Confirm = None,
    acknowledge: Acknowledge = None,
    no_hold: NoHold = False,
    cancel_jobs: CancelJobs = False,
    dry_run: options.DryRun = False,
    interactive: options.Interactive = False,
    **shared: Unpack[options.SharedWithWait],
) -> None:
    """Restore a backup into a new instance, verify it, and stop there.

    With --promote it goes on: the old database is fenced, and the service is led to the new one.
    With --in-place the data of the instance that serves are overwritten.
    """
    manner = Manner(env=env, yes=yes, confirm=confirm, dry_run=dry_run, **shared)

    def make_plan(world: World, journal: Journal) -> Plan:
        from hrmsops.commands.restoring import Restoration, plan_of

        ask = Restoration(
            backup=backup,
            in_place=in_place,
            continues=continues,
            promote=promote,
            revision=revision,
            instance=instance,
            clone_name=clone_name,
            reason=reason,
            accepted=tuple(shared["accept"] or ()),
            acknowledged=tuple(acknowledge or ()),
            is_interactive=interactive,
            hold=not no_hold,
            cancel_jobs=cancel_jobs,
        )
        return plan_of(ask, manner, world, journal)

    carry_out(manner, make_plan)
