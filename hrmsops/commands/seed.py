"""`hrmsops seed`: the reference data, where they are due and only as far as they differ."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Unpack

import typer

from hrmsops.commands import options
from hrmsops.commands.applying import Manner, carry_out
from hrmsops.commands.completion import complete_fixture

Diff = Annotated[bool, typer.Option("--diff", help="Show every row that differs, field by field.")]
Only = Annotated[
    list[str] | None,
    typer.Option(
        "--only",
        metavar="FIXTURE",
        autocompletion=complete_fixture,
        help="This fixture alone; see --list. Repeatable.",
    ),
]
Overwrite = Annotated[
    bool,
    typer.Option("--overwrite", help="Also rows that somebody has changed by hand."),
]
List = Annotated[
    bool, typer.Option("--list", help="Show what is seeded where, and how far to rely on it.")
]
Fixtures = Annotated[
    Path | None,
    typer.Option("--fixtures", metavar="DIR", help="Write Django fixtures for an empty database."),
]


@options.spread
def seed(
    env: options.Env = None,
    only: Only = None,
    diff: Diff = False,
    overwrite: Overwrite = False,
    list_: List = False,
    fixtures: Fixtures = None,
    reason: options.Reason = None,
    yes: options.Yes = False,
    confirm: options.Confirm = None,
    dry_run: options.DryRun = False,
    **shared: Unpack[options.Shared],
) -> None:
    """Load the reference data: what is missing is added, nothing deleted, nobody's work undone."""
    from hrmsops.commands import seeding

    asked = seeding.Asked(
        only=tuple(only or ()),
        shows_all=diff,
        overwrite=overwrite,
        reason=reason,
    )
    manner = Manner(env=env, yes=yes, confirm=confirm, dry_run=dry_run, **shared)
    if list_:
        seeding.show_list(asked, manner)
    elif fixtures:
        seeding.write_fixtures(fixtures, asked, manner)
    elif dry_run and manner.json:
        seeding.show_document(asked, manner)
    else:
        carry_out(manner, lambda world, journal: seeding.make_plan(world, journal, asked, manner))
