"""The table of contents, and the one place where an error becomes an exit code."""

from __future__ import annotations

import gc
import os
import sys
from typing import Annotated

import typer

from hrmsops import __version__
from hrmsops.commands import drill, hold, rollback, runs, sandbox, table
from hrmsops.commands.check import check
from hrmsops.commands.checklist import checklist
from hrmsops.commands.explain import explain
from hrmsops.commands.init import init
from hrmsops.commands.mark_good import mark_good
from hrmsops.commands.migrate import migrate
from hrmsops.commands.migrations import migrations
from hrmsops.commands.replay import replay
from hrmsops.commands.report import report
from hrmsops.commands.status import status
from hrmsops.commands.unpin import unpin
from hrmsops.console import streams
from hrmsops.engine import leaving
from hrmsops.engine.signals import Interruption, raised_as_interruption
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
app.add_typer(table.app, name="table")
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


def main() -> None:
    """Run what was typed, and exit with the code that stands for its end."""
    streams.keep_open()
    code = run(spelled_out(sys.argv[1:]))
    _tidy_up()
    gc.freeze()  # To look for garbage on the way out took a third of a second, and frees nothing.
    sys.exit(code)


def spelled_out(words: list[str]) -> list[str]:
    """`check --fix=expand` is short for two flags: an option may not take a value or do without."""
    meant = {"--fix=expand": ["--fix", "--expand"]}
    return [word for each in words for word in meant.get(each, [each])]


def _tidy_up() -> None:
    """Take away what the command put up for itself; what is left is named, the exit code stays."""
    try:
        with raised_as_interruption():
            left = leaving.tidied()
    except (Interruption, KeyboardInterrupt):
        left = ("Tidying up was interrupted; hrmsops status names what is left.",)
    if left:
        from hrmsops.console import output

        for sentence in left:
            output.say(sentence, style="warning")


def run(words: list[str]) -> int:
    """Run one command line; every error is shown here, and nowhere else."""
    try:
        with raised_as_interruption():
            ended = app(words, prog_name="hrmsops", standalone_mode=False)
    except HrmsopsError as problem:
        return _shown(problem, words)
    except typer.TyperException as problem:
        # A group without a command has shown its help already, and has no message.
        return _shown(_usage(problem), words) if problem.format_message() else ExitCode.USAGE
    except (KeyboardInterrupt, typer.Abort):
        return _shown(_interrupted(ExitCode.INTERRUPTED), words)
    except Interruption as signal:
        return _shown(_interrupted(128 + signal.signum), words)
    except SystemExit as ending:
        # Where nobody reads on, rich ends a page of help with 1.
        return ExitCode.DONE if isinstance(ending.__context__, BrokenPipeError) else _code(ending)
    except BrokenPipeError:
        streams.nobody_reads(sys.stdout)  # `| head` has seen enough.
        return ExitCode.DONE
    except Exception as defect:
        return _shown(_internal(defect), words)
    return _exit_code(ended, words)


def _exit_code(ended: object, words: list[str]) -> int:
    """Outside standalone mode an Exit comes back as a number; 130 is Ctrl-C."""
    code = ended if isinstance(ended, int) else ExitCode.DONE
    return _shown(_interrupted(code), words) if code == ExitCode.INTERRUPTED else code


def _shown(problem: HrmsopsError, words: list[str]) -> int:
    from hrmsops.console import output
    from hrmsops.console.next_command import completed_as_typed

    typed = words[: words.index("--")] if "--" in words else words
    problem.fix = completed_as_typed(problem.fix, typed)
    try:
        output.error(problem, json="--json" in typed)
    except OSError:
        # Stdout takes nothing, as a full disk does: then at least a person is told.
        streams.nobody_reads(sys.stdout)
        output.error(problem, json=False)
    return problem.exit_code


def _usage(problem: typer.TyperException) -> HrmsopsError:
    from hrmsops.errors.usage import WrongUsage

    context = getattr(problem, "ctx", None)
    command = context.command_path if context else "hrmsops"
    return WrongUsage(problem=problem.format_message(), command=command)


def _interrupted(code: int) -> HrmsopsError:
    from hrmsops.errors.internal import Interrupted, Terminated

    return Terminated() if code == ExitCode.TERMINATED else Interrupted()


def _code(ending: SystemExit) -> int:
    return ending.code if isinstance(ending.code, int) else ExitCode.INTERNAL


def _internal(defect: Exception) -> HrmsopsError:
    if os.environ.get("HRMSOPS_TRACEBACK"):
        raise defect
    import traceback

    from hrmsops.errors.internal import InternalError

    last = traceback.extract_tb(defect.__traceback__)[-1]
    return InternalError(
        defect=f"{type(defect).__name__}: {defect}", place=f"{last.filename}, line {last.lineno}"
    )
