"""`hrmsops rollback pitr`: the database as it was at a moment, as a new instance, verified."""

from __future__ import annotations

import re
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Unpack

import typer

from hrmsops.commands import options
from hrmsops.commands.acknowledging import Acknowledge
from hrmsops.commands.applying import Manner, carry_out
from hrmsops.commands.completion import complete_revision, complete_run
from hrmsops.commands.hold import CancelJobs
from hrmsops.commands.holding import NoHold
from hrmsops.commands.rollback_tables import (
    Columns,
    Maps,
    Mode,
    Tables,
    recover_then_copy,
    wanted,
)

if TYPE_CHECKING:
    from hrmsops.engine.journal import Journal
    from hrmsops.engine.plan import Plan
    from hrmsops.world import World


def _moment(text: str) -> datetime:
    from hrmsops.config.moment import moment

    return moment(text)


def _prefix(text: str) -> str:
    """What Cloud SQL takes as the beginning of a name, refused here before anything is held."""
    if not re.fullmatch(r"[a-z][a-z0-9-]*", text):
        from hrmsops.errors.usage import WrongUsage

        problem = f"--clone-name takes lower-case letters, digits and hyphens, not {text}."
        raise WrongUsage(problem=problem, command="hrmsops rollback pitr")
    return text


At = Annotated[
    datetime | None,
    typer.Option(
        "--at",
        metavar="TIME",
        parser=_moment,
        help="The moment to go back to, with its zone: 2026-08-22T09:14:00Z.",
    ),
]
BeforeMigration = Annotated[
    str | None,
    typer.Option(
        "--before-migration",
        metavar="APP.NAME",
        help="Just before this migration was applied, as the database has it on record.",
    ),
]
BeforeRun = Annotated[
    str | None,
    typer.Option(
        "--before-run",
        metavar="RUN",
        autocompletion=complete_run,
        help="When this run of hrmsops began.",
    ),
]
Continue = Annotated[
    str | None,
    typer.Option(
        "--continue",
        metavar="RUN",
        autocompletion=complete_run,
        help="Go on from the verified clone of an earlier run.",
    ),
]
Promote = Annotated[
    bool,
    typer.Option(
        "--promote", help="Cut over to the clone: fence the old database, shift the traffic."
    ),
]
Matching = Annotated[
    str | None,
    typer.Option(
        "--revision",
        metavar="NAME",
        autocompletion=complete_revision,
        help="With --promote: the revision that served then. Else the record, or the order, says.",
    ),
]
InstanceName = Annotated[
    str | None,
    typer.Option(
        "--instance",
        metavar="NAME",
        help="The instance to recover. Else the one that the serving revision is bound to.",
    ),
]
CloneName = Annotated[
    str | None,
    typer.Option(
        "--clone-name",
        metavar="PREFIX",
        parser=_prefix,
        help="How the new instance's name begins; it ends in the run's id. Else the instance's.",
    ),
]


@options.spread
def pitr(
    at: At = None,
    before_migration: BeforeMigration = None,
    before_run: BeforeRun = None,
    continues: Continue = None,
    promote: Promote = False,
    tables: Tables = None,
    columns: Columns = None,
    mode: Mode = None,
    map_: Maps = None,
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
    **shared: Unpack[options.SharedWithWait],
) -> None:
    """Recover the database as it was at a moment into a new instance, verify it, and stop there.

    With --promote it goes on: the old database is fenced, and the service is led to the new one.
    With --tables it goes on: rows of some tables are copied back, once they were shown.
    """
    manner = Manner(env=env, yes=yes, confirm=confirm, dry_run=dry_run, **shared)

    from hrmsops.commands.recovering import Recovery

    ask = Recovery(
        at=at,
        before_migration=before_migration,
        before_run=before_run,
        continues=continues,
        promote=promote,
        tables=wanted(tables, columns, mode, map_),
        revision=revision,
        instance=instance,
        clone_name=clone_name,
        reason=reason,
        accepted=tuple(shared["accept"] or ()),
        acknowledged=tuple(acknowledge or ()),
        hold=not no_hold,
        cancel_jobs=cancel_jobs,
    )
    ask.require_one_moment()
    if ask.tables and not ask.continues:
        recover_then_copy(ask, manner)
        return

    def make_plan(world: World, journal: Journal) -> Plan:
        from hrmsops.commands.recovering import plan_of

        return plan_of(ask, manner, world, journal)

    carry_out(manner, make_plan)
