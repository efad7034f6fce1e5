"""`hrmsops drill`: rehearsals on a production of their own."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from hrmsops.commands import options
from hrmsops.errors.base import ExitCode

if TYPE_CHECKING:
    from hrmsops.console.drill import DrillScreen
    from hrmsops.sandbox.home import Home
    from hrmsops.sandbox.scenarios.drill import Drill
    from hrmsops.sandbox.scenarios.operator import Answer, Call, Operator
    from hrmsops.sandbox.scenarios.result import Result

app = typer.Typer(help="Rehearse an outage on a production of its own.", no_args_is_help=True)

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


@app.callback()
def drills() -> None:
    """Rehearse an outage on a production of its own."""


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
    from hrmsops.sandbox.scenarios.bad_release import BadRelease

    _play(BadRelease, interactive=interactive, json=json, keep=keep, folder=folder)


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
    from hrmsops.sandbox.scenarios.bad_migration import BadMigration

    _play(BadMigration, interactive=interactive, json=json, keep=keep, folder=folder)


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
    from hrmsops.sandbox.scenarios.lost_data import LostData
    from hrmsops.sandbox.scenarios.lost_table import LostTable

    drill = LostTable if tables else LostData
    _play(drill, interactive=interactive, json=json, keep=keep, folder=folder)


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
    from hrmsops.sandbox.scenarios.total_failure import TotalFailure

    _play(TotalFailure, interactive=interactive, json=json, keep=keep, folder=folder)


@app.command("all")
def all_(json: options.Json = False) -> None:
    """The four drills one after another, each on a production of its own, and a table of them.

    Exit code 0 when each of them would have ended with 0, else 7.
    """
    from hrmsops.console import output
    from hrmsops.console.drill import show_all
    from hrmsops.sandbox.scenarios.bad_migration import BadMigration
    from hrmsops.sandbox.scenarios.bad_release import BadRelease
    from hrmsops.sandbox.scenarios.lost_data import LostData
    from hrmsops.sandbox.scenarios.total_failure import TotalFailure

    drills = (BadRelease, BadMigration, LostData, TotalFailure)
    results = []
    for drill in drills:
        output.say(drill.name, style="bold")
        results.append(_played(drill, interactive=False, json=json, keep=False, folder=None))
    documents = [each.document() for each in results]
    if json:
        output.write_json("drills", {"drills": documents})
    else:
        show_all(documents)
    if not all(each.is_success for each in results):
        raise typer.Exit(ExitCode.UNVERIFIED)


def _play(
    drill: type[Drill], *, interactive: bool, json: bool, keep: bool, folder: Path | None
) -> None:
    _check(drill.name, interactive=interactive, json=json)
    result = _played(drill, interactive=interactive, json=json, keep=keep, folder=folder)
    _show(result, json=json)
    if not result.is_success:
        raise typer.Exit(ExitCode.UNVERIFIED)


def _played(
    drill: type[Drill], *, interactive: bool, json: bool, keep: bool, folder: Path | None
) -> Result:
    from hrmsops.console.drill import DrillScreen

    _end_with_the_terminal()
    with DrillScreen(is_quiet=json) as screen:
        operator = _operator(screen, interactive=interactive)
        return _rehearse(drill, screen, operator, keep=keep, folder=folder)


def _end_with_the_terminal() -> None:
    """A terminal that is closed takes the stage down as Ctrl-C does, unless nohup was asked for."""
    import signal

    if signal.getsignal(signal.SIGHUP) == signal.SIG_DFL:
        signal.signal(signal.SIGHUP, signal.getsignal(signal.SIGTERM))


def _check(name: str, *, interactive: bool, json: bool) -> None:
    from hrmsops.console.prompts import somebody_answers
    from hrmsops.errors.usage import WrongUsage

    if interactive and (json or not somebody_answers()):
        problem = "--interactive needs a terminal, and does not go together with --json."
        raise WrongUsage(problem=problem, command=f"hrmsops drill {name}")


def _rehearse(
    drill: type[Drill],
    screen: DrillScreen,
    operator: Operator,
    *,
    keep: bool,
    folder: Path | None,
) -> Result:
    from dataclasses import replace

    from hrmsops.sandbox.bank import Bank
    from hrmsops.sandbox.blueprint import PRODUCTION
    from hrmsops.sandbox.estate import Estate
    from hrmsops.sandbox.scenarios.stage import stage

    with stage(drill.name, folder=folder, keep=keep) as client, Bank() as bank:
        if keep:
            _show_kept(client.home)
        production = replace(PRODUCTION, bank_url=bank.url)
        estate = Estate(client, environments=(production,), say=screen.progress)
        result = drill(estate, bank=bank, operator=operator, listener=screen).rehearse()
        screen.progress("the sandbox is taken down")
    return result


def _operator(screen: DrillScreen, *, interactive: bool) -> Operator:
    from hrmsops.sandbox.scenarios.operator import Unattended

    return _Attended(screen) if interactive else Unattended()


def _show(result: Result, *, json: bool) -> None:
    from hrmsops.console import output
    from hrmsops.console.drill import show_outcome

    document = result.document()
    if json:
        output.write_json("drill", document)
        return
    rates = [count.error_rate for count in result.by_second]
    show_outcome(document, error_rates=rates, problem=result.problem)


def _show_kept(home: Home) -> None:
    from hrmsops.console import output

    output.say(f"This drill's sandbox will be kept in {home.root}")
    folder = shlex.quote(str(home.root))
    output.say(f"  hrmsops sandbox status --dir {folder}", style="fix")
    state = f"HRMSOPS_STATE_DIR={shlex.quote(str(home.root / 'operator'))}"
    output.say(f"  (cd {folder} && {state} hrmsops status -e production)", style="fix")
    output.say(f"  hrmsops sandbox down --destroy --dir {folder}", style="fix")


class _Attended:
    """The person at the terminal: types commands until production is well again."""

    def __init__(self, screen: DrillScreen) -> None:
        self._screen = screen

    def answer(self, call: Call) -> Answer:
        from hrmsops.console.shell_line import type_until
        from hrmsops.sandbox.scenarios.operator import Answer

        with self._screen.handed_over():
            type_until(
                call.is_over,
                has_helped=call.has_shifted,
                proposal=call.sentence,
                folder=call.folder,
                env=call.env,
                watching=self._screen.taken_back,
            )
        return Answer()
