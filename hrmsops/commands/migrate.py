"""`hrmsops migrate`: the HRMS's migrations, applied without an outage and on record."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Annotated, Unpack

import typer

from hrmsops.commands import options
from hrmsops.commands.applying import Manner, carry_out

if TYPE_CHECKING:
    from hrmsops.engine.journal import Journal
    from hrmsops.engine.plan import Plan
    from hrmsops.world import World


def _duration(text: str) -> timedelta:
    from hrmsops.config.duration import duration

    return duration(text)


App = Annotated[
    str | None,
    typer.Option("--app", metavar="APP", help="Only this app, and what it depends on."),
]
To = Annotated[
    str | None,
    typer.Option("--to", metavar="NAME", help="Of --app: the last migration to apply."),
]
Statement = Annotated[
    timedelta | None,
    typer.Option(
        "--timeout",
        metavar="DURATION",
        parser=_duration,
        help="The longest a statement may run. Else as configured, or 30s.",
    ),
]
Lock = Annotated[
    timedelta | None,
    typer.Option(
        "--lock-timeout",
        metavar="DURATION",
        parser=_duration,
        help="The longest a statement may wait for a lock. Else as configured, or 10s.",
    ),
]
Image = Annotated[
    str,
    typer.Option("--image", metavar="REFERENCE", help="The image with this code, for the ledger."),
]
Job = Annotated[
    bool,
    typer.Option("--job", help="With the code of --image, else of what serves, as a job there."),
]
Sql = Annotated[bool, typer.Option("--sql", help="Show the statements of each migration.")]


@options.spread
def migrate(
    env: options.Env = None,
    app: App = None,
    to: To = None,
    timeout: Statement = None,
    lock_timeout: Lock = None,
    image: Image = "",
    job: Job = False,
    sql: Sql = False,
    reason: options.Reason = None,
    yes: options.Yes = False,
    dry_run: options.DryRun = False,
    interactive: options.Interactive = False,
    **shared: Unpack[options.Shared],
) -> None:
    """Apply the migrations of the code at hand: forwards only, checked, locked, on record."""
    manner = Manner(env=env, yes=yes, dry_run=dry_run, is_plain=interactive, **shared)

    def make_plan(world: World, journal: Journal) -> Plan:
        from hrmsops.commands import migrating

        return migrating.make_plan(
            world,
            journal,
            migrating.Asked(
                app=app,
                to=to,
                statement=timeout,
                lock=lock_timeout,
                image=image,
                as_job=job,
                shows_sql=sql and not manner.json,
                is_interactive=interactive,
                reason=reason,
                accepted=tuple(shared["accept"] or ()),
            ),
            manner,
        )

    carry_out(manner, make_plan)
