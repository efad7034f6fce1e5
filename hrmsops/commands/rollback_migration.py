"""`hrmsops rollback migration`: migrations taken back, then the requests to the code that fits."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Unpack

import typer

from hrmsops.commands import options
from hrmsops.commands.applying import Manner, carry_out
from hrmsops.commands.completion import complete_revision
from hrmsops.commands.migrate import Image, Job, Lock, Sql, Statement
from hrmsops.commands.reversing import Where

if TYPE_CHECKING:
    from hrmsops.engine.journal import Journal
    from hrmsops.engine.plan import Plan
    from hrmsops.world import World

App = Annotated[str, typer.Argument(metavar="APP", help="The app whose migrations go.")]
To = Annotated[
    str | None,
    typer.Option("--to", metavar="NAME", help="The newest that stays, or zero. A prefix will do."),
]
Undo = Annotated[
    str | None,
    typer.Option("--undo", metavar="NAME", help="The oldest that goes, with all after it."),
]
Revision = Annotated[
    str,
    typer.Option(
        "--revision",
        metavar="NAME",
        autocompletion=complete_revision,
        help="What serves afterwards; previous is the last good one that never had what goes.",
    ),
]
KeepTraffic = Annotated[
    bool, typer.Option("--keep-traffic", help="Only the database: the requests stay.")
]
Rehearse = Annotated[
    Where,
    typer.Option(
        "--rehearse",
        help="Try it on an empty copy of the schema, or on a clone of the instance first. "
        "With clone, --dry-run stops after the rehearsal.",
    ),
]


@options.spread
def migration(
    app: App,
    env: options.Env = None,
    to: To = None,
    undo: Undo = None,
    revision: Revision = "previous",
    keep_traffic: KeepTraffic = False,
    rehearse: Rehearse = Where.SCRATCH,
    timeout: Statement = None,
    lock_timeout: Lock = None,
    image: Image = "",
    job: Job = False,
    sql: Sql = False,
    reason: options.Reason = None,
    yes: options.Yes = False,
    confirm: options.Confirm = None,
    dry_run: options.DryRun = False,
    interactive: options.Interactive = False,
    **shared: Unpack[options.SharedWithWait],
) -> None:
    """Take migrations back with the code at hand, then lead the requests to the code that fits."""
    is_rehearsal = dry_run and rehearse is Where.CLONE
    manner = Manner(
        env=env,
        yes=yes,
        confirm=confirm,
        dry_run=dry_run and not is_rehearsal,
        is_plain=interactive,
        **shared,
    )

    def make_plan(world: World, journal: Journal) -> Plan:
        from hrmsops.commands import reversing

        return reversing.make_plan(
            world,
            journal,
            reversing.Asked(
                app=app,
                to=to,
                undo=undo,
                revision=revision,
                keeps_traffic=keep_traffic,
                where=rehearse,
                is_rehearsal=is_rehearsal,
                image=image,
                as_job=job,
                statement=timeout,
                lock=lock_timeout,
                shows_sql=sql and not manner.json,
                is_interactive=interactive,
                reason=reason,
                accepted=tuple(shared["accept"] or ()),
            ),
            manner,
        )

    carry_out(manner, make_plan)
