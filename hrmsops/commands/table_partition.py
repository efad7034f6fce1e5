"""`hrmsops table partition`: a table in use cut by time, kept up, and put back."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Unpack

import typer

from hrmsops.commands import options
from hrmsops.commands.applying import Manner, carry_out

if TYPE_CHECKING:
    from hrmsops.commands.partition_migration import Companion
    from hrmsops.engine.journal import Journal
    from hrmsops.engine.plan import Plan
    from hrmsops.world import World

Table = Annotated[
    str | None,
    typer.Argument(metavar="[TABLE]", help="TABLE or SCHEMA.TABLE; --maintain takes all without."),
]
By = Annotated[
    str | None, typer.Option("--by", metavar="COLUMN", help="The date or timestamp to cut by.")
]
Every = Annotated[
    str | None,
    typer.Option("--every", metavar="day|week|month|quarter|year", help="How long a partition is."),
]
Method = Annotated[
    str,
    typer.Option(
        "--method",
        metavar="attach|copy",
        help="The table becomes the first partition as it is, or its history is split by copying.",
    ),
]
Ahead = Annotated[
    int | None,
    typer.Option("--ahead", metavar="N", min=1, help="How many partitions are kept ready."),
]
Maintain = Annotated[
    bool, typer.Option("--maintain", help="Add partitions to come, ANALYZE, detach what is old.")
]
Retain = Annotated[
    int | None,
    typer.Option(
        "--retain",
        metavar="N",
        min=1,
        help="With --maintain: detach what is older than N periods; it stays as a table.",
    ),
]
Archive = Annotated[
    str,
    typer.Option("--archive", metavar="SCHEMA", help="With --retain: move it to this schema."),
]
Undo = Annotated[bool, typer.Option("--undo", help="One table again, with what was written since.")]
Finish = Annotated[
    bool, typer.Option("--finish", help="After copy: drop the old table that --undo goes back to.")
]
MigrationOut = Annotated[
    Path | None,
    typer.Option(
        "--migration-out",
        metavar="FILE|DIR",
        help="Write the Django migration (state only) that goes with it.",
    ),
]


@options.spread
def partition(
    table: Table = None,
    by: By = None,
    every: Every = None,
    method: Method = "attach",
    ahead: Ahead = None,
    maintain: Maintain = False,
    retain: Retain = None,
    archive: Archive = "",
    undo: Undo = False,
    finish: Finish = False,
    migration_out: MigrationOut = None,
    env: options.Env = None,
    reason: options.Reason = None,
    yes: options.Yes = False,
    confirm: options.Confirm = None,
    dry_run: options.DryRun = False,
    **shared: Unpack[options.Shared],
) -> None:
    """Partition a table by time while it is in use, keep that up, or take it back."""
    from hrmsops.commands.partition_migration import tell, write
    from hrmsops.commands.partitioning import wish

    manner = Manner(env=env, yes=yes, confirm=confirm, dry_run=dry_run, **shared)
    asked = wish(
        table=table,
        by=by,
        every=every,
        method=method,
        ahead=ahead,
        maintain=maintain,
        retain=retain,
        archive=archive,
        undo=undo,
        finish=finish,
        migration_out=migration_out,
        reason=reason,
    )
    beside: list[Companion] = []

    def make_plan(world: World, journal: Journal) -> Plan:
        from hrmsops.commands import partitioning

        plan = partitioning.make_plan(world, journal, asked, manner, beside)
        tell(beside, manner)
        return plan

    carry_out(manner, make_plan, at_begin=lambda: write(beside))
