"""`hrmsops drill`: rehearsals on a production of their own."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Annotated

import typer

from hrmsops.commands import options

app = typer.Typer(help="Rehearse an outage on a production of its own.")

Keep = Annotated[bool, typer.Option("--keep", help="Leave the sandbox up, to look at it.")]
Attend = Annotated[
    bool, typer.Option("--interactive", "-i", help="Roll back yourself; the drill takes the time.")
]
Tables = Annotated[
    bool,
    typer.Option("--tables", help="One table was emptied; its rows are copied back, no more."),
]
Folder = Annotated[
    Path | None,
    typer.Option(
        "--dir", metavar="DIR", help="A new folder for the sandbox. Else a temporary one."
    ),
]


def _duration(text: str) -> timedelta:
    from hrmsops.config.duration import duration

    return duration(text)


Surprise = Annotated[
    bool,
    typer.Option(
        "--surprise",
        help="One of the four, and nobody says which: find out with hrmsops rollback -i.",
    ),
]
Pick = Annotated[
    int | None,
    typer.Option(
        "--pick",
        metavar="1-4",
        min=1,
        max=4,
        help="With --surprise: which of the four, for whoever sets the exercise. Else by chance.",
    ),
]
GiveUp = Annotated[
    timedelta | None,
    typer.Option(
        "--give-up-after",
        metavar="DURATION",
        parser=_duration,
        help="With --surprise: how long the drill waits for whoever recovers it. Else 1h.",
    ),
]


@app.callback(invoke_without_command=True)
def drills(
    context: typer.Context,
    surprise: Surprise = False,
    pick: Pick = None,
    give_up_after: GiveUp = None,
    json: options.Json = False,
    keep: Keep = False,
    folder: Folder = None,
) -> None:
    """Rehearse an outage on a production of its own.

    `--surprise` breaks one and leaves it to you, in this terminal or in another; in the end it says
    what it was, which branch of the guide was right, which you took, and what that cost.
    """
    from hrmsops.commands import drilling

    if context.invoked_subcommand is not None:
        return
    if not (surprise or pick):
        typer.echo(context.get_help())
        raise typer.Exit(2)
    seconds_max = (give_up_after or timedelta(hours=1)).total_seconds()
    drilling.surprise(pick, seconds_max=seconds_max, json=json, keep=keep, folder=folder)


@app.command("bad-release")
def bad_release(
    interactive: Attend = False,
    json: options.Json = False,
    keep: Keep = False,
    folder: Folder = None,
) -> None:
    """A release that fails a fifth of its requests goes live, and is rolled back.

    Exit code 0 when production came back and no acknowledged write is lost, else 7.
    """
    from hrmsops.commands.drilling import play
    from hrmsops.sandbox.scenarios.bad_release import BadRelease

    play(BadRelease, interactive=interactive, json=json, keep=keep, folder=folder)


@app.command("bad-migration")
def bad_migration(
    interactive: Attend = False,
    json: options.Json = False,
    keep: Keep = False,
    folder: Folder = None,
) -> None:
    """A migration corrupts values while users go on writing; it is taken back, then the release.

    Exit code 0 when production came back and no acknowledged write is lost, else 7.
    """
    from hrmsops.commands.drilling import play
    from hrmsops.sandbox.scenarios.bad_migration import BadMigration

    play(BadMigration, interactive=interactive, json=json, keep=keep, folder=folder)


@app.command("lost-data")
def lost_data(
    tables: Tables = False,
    interactive: Attend = False,
    json: options.Json = False,
    keep: Keep = False,
    folder: Folder = None,
) -> None:
    """A migration loses data while users go on writing; the database goes back, writes come after.

    Exit code 0 when production came back, no acknowledged write is lost and nobody was paid twice,
    else 7.
    """
    from hrmsops.commands.drilling import play
    from hrmsops.sandbox.scenarios.lost_data import LostData
    from hrmsops.sandbox.scenarios.lost_table import LostTable

    drill = LostTable if tables else LostData
    play(drill, interactive=interactive, json=json, keep=keep, folder=folder)


@app.command("total-failure")
def total_failure(
    interactive: Attend = False,
    json: options.Json = False,
    keep: Keep = False,
    folder: Folder = None,
) -> None:
    """The instance fails with its data and logs; a backup comes back, the rest from the app's log.

    Exit code 0 when production came back, no acknowledged write is lost and nobody was paid twice,
    else 7.
    """
    from hrmsops.commands.drilling import play
    from hrmsops.sandbox.scenarios.total_failure import TotalFailure

    play(TotalFailure, interactive=interactive, json=json, keep=keep, folder=folder)


@app.command("all")
def all_(json: options.Json = False) -> None:
    """The four drills one after another, each on a production of its own, and a table of them.

    Exit code 0 when each of them would have ended with 0, else 7.
    """
    from hrmsops.commands.drilling import play_all

    play_all(json=json)
