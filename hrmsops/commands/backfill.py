"""`hrmsops backfill`: the HRMS's `backfill_data` from outside, leased and on record."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Unpack

import typer

from hrmsops.commands import options
from hrmsops.commands.applying import Manner, carry_out

if TYPE_CHECKING:
    from hrmsops.engine.journal import Journal
    from hrmsops.engine.plan import Plan
    from hrmsops.world import World

List = Annotated[bool, typer.Option("--list", help="Registered backfills, and unfinished runs.")]
Name = Annotated[
    str | None, typer.Option("--backfill", metavar="NAME", help="A backfill that an app registers.")
]
Model = Annotated[
    str | None, typer.Option("--model", metavar="APP.MODEL", help="The model to change rows of.")
]
Field = Annotated[str | None, typer.Option("--field", help="The field that is written.")]
Value = Annotated[
    str | None, typer.Option("--value", help="Its new value, as text that the field understands.")
]
Expression = Annotated[
    str | None,
    typer.Option("--expression", help='Its new value by row: Upper("name"), or SQL: upper(name).'),
]
Filter = Annotated[
    list[str] | None,
    typer.Option(
        "--filter",
        metavar="LOOKUP=VALUE",
        help="Only rows that match, such as status__isnull=True. Repeatable.",
    ),
]
BatchSize = Annotated[
    int | None, typer.Option("--batch-size", min=1, help="The most rows of one batch.")
]
Sleep = Annotated[
    float | None, typer.Option("--sleep", min=0, max=3600, help="Seconds after each batch.")
]
Resume = Annotated[bool, typer.Option("--resume", help="Go on from the last checkpoint.")]
Anew = Annotated[bool, typer.Option("--anew", help="Give an unfinished run up, and begin again.")]
Job = Annotated[
    bool,
    typer.Option("--job", help="With the code of --image, else of what serves, as a job there."),
]
Tasks = Annotated[
    int, typer.Option("--tasks", min=1, max=100, help="With --job: so many tasks share the keys.")
]
Image = Annotated[str, typer.Option("--image", metavar="REFERENCE", help="The image of --job.")]


@options.spread
def backfill(
    env: options.Env = None,
    list_: List = False,
    backfill: Name = None,
    model: Model = None,
    field: Field = None,
    value: Value = None,
    expression: Expression = None,
    filter_: Filter = None,
    batch_size: BatchSize = None,
    sleep: Sleep = None,
    resume: Resume = False,
    anew: Anew = False,
    job: Job = False,
    tasks: Tasks = 1,
    image: Image = "",
    reason: options.Reason = None,
    yes: options.Yes = False,
    confirm: options.Confirm = None,
    dry_run: options.DryRun = False,
    **shared: Unpack[options.Shared],
) -> None:
    """Change rows of a large table in batches, each row exactly once, by the HRMS's own models."""
    from hrmsops.commands import backfilling

    manner = Manner(env=env, yes=yes, confirm=confirm, dry_run=dry_run, **shared)
    asked = backfilling.Asked(
        request={
            "backfill": backfill,
            "model": model,
            "field": field,
            "value": value,
            "expression": expression,
            "filters": filter_ or [],
            "batch_rows": batch_size,
            "sleep_seconds": sleep,
        },
        resume=resume,
        anew=anew,
        as_job=job,
        tasks=tasks,
        image=image,
        reason=reason,
    )
    if list_:
        backfilling.show_list(manner)
        return

    def make_plan(world: World, journal: Journal) -> Plan:
        return backfilling.make_plan(world, journal, asked, manner)

    carry_out(manner, make_plan)
