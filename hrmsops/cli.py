"""The table of contents: every command, and how typer reads what was typed."""

from __future__ import annotations

from typing import Annotated

import typer

from hrmsops import __version__
from hrmsops.commands import drill, hold, rollback, runs, sandbox, table
from hrmsops.commands.backfill import backfill
from hrmsops.commands.check import check
from hrmsops.commands.checklist import checklist
from hrmsops.commands.doctor import doctor
from hrmsops.commands.explain import explain
from hrmsops.commands.init import init
from hrmsops.commands.mark_good import mark_good
from hrmsops.commands.migrate import migrate
from hrmsops.commands.migrations import migrations
from hrmsops.commands.narrowing import narrowed
from hrmsops.commands.replay import replay
from hrmsops.commands.report import report
from hrmsops.commands.seed import seed
from hrmsops.commands.status import status
from hrmsops.commands.unpin import unpin
from hrmsops.errors.base import ExitCode, HrmsopsError

app = typer.Typer(
    name="hrmsops",
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
    context_settings={"help_option_names": ["--help", "-h"]},
)
app.command(epilog="Example: hrmsops check backend --since origin/main")(check)
app.command(epilog="Example: hrmsops status -e production --watch")(status)
app.add_typer(hold.app, name="hold")
app.command(epilog="Example: hrmsops migrate -e production --yes")(migrate)
app.command(epilog="Example: hrmsops migrations -e production --app payroll")(migrations)
app.command(epilog="Example: hrmsops backfill -e production --backfill set_employee_status")(
    backfill
)
app.add_typer(table.app, name="table")
app.command(epilog="Example: hrmsops seed -e production --dry-run --diff")(seed)
app.add_typer(rollback.app, name="rollback")
app.command(epilog="Example: hrmsops replay 261123-104512-7f3a --damage-transaction 48213")(replay)
app.command(epilog="Example: hrmsops unpin -e production --reason '2024.4 mends it'")(unpin)
app.command(epilog="Example: hrmsops mark-good -e production --yes")(mark_good)
app.command(epilog="Example: hrmsops resume 261123-104512-7f3a")(runs.resume)
app.add_typer(runs.app, name="runs")
app.command(epilog="Example: hrmsops checklist 261123-104512-7f3a --interactive")(checklist)
app.command(epilog="Example: hrmsops report 261123-104512-7f3a --out incident.html")(report)
app.add_typer(drill.app, name="drill")
app.add_typer(sandbox.app, name="sandbox")
app.command(epilog="Example: hrmsops doctor -e production --for 'rollback pitr'")(doctor)
app.command(epilog="Example: hrmsops init --environment production")(init)
app.command(epilog="Example: hrmsops explain lease-held")(explain)


def _show_version(asked: bool) -> None:
    if asked:
        typer.echo(f"hrmsops {__version__}")
        raise typer.Exit


Version = Annotated[
    bool,
    typer.Option("--version", callback=_show_version, is_eager=True, help="Show it and exit."),
]


@app.callback(invoke_without_command=True)
def hrmsops(context: typer.Context, version: Version = False) -> None:
    """Check, run and roll back deploys of a Django application on Cloud Run and Cloud SQL."""
    if context.invoked_subcommand is None:
        typer.echo(context.get_help())


def spelled_out(words: list[str]) -> list[str]:
    """`check --fix=expand` is short for two flags: an option may not take a value or do without."""
    meant = {"--fix=expand": ["--fix", "--expand"]}
    return [word for each in words for word in meant.get(each, [each])]


def run(words: list[str]) -> int:
    """Run one command line to its exit code."""
    from hrmsops import ending

    return ending.run(lambda: typed(words), words)


def typed(words: list[str]) -> object:
    """What typer makes of the words; what it does not understand is an error like the others."""
    try:
        return narrowed(app, words)(words, prog_name="hrmsops", standalone_mode=False)
    except typer.TyperException as problem:
        # A group without a command has shown its help already, and has no message.
        if not problem.format_message():
            return ExitCode.USAGE
        raise _usage(problem) from problem
    except typer.Abort as stopped:
        raise KeyboardInterrupt from stopped


def _usage(problem: typer.TyperException) -> HrmsopsError:
    from hrmsops.errors.usage import WrongUsage

    context = getattr(problem, "ctx", None)
    command = context.command_path if context else "hrmsops"
    return WrongUsage(problem=problem.format_message(), command=command)
