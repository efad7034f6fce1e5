"""`manage.py backfill_data`: rows of a large table changed in batches, each exactly once."""

from __future__ import annotations

import getpass
import os
import signal
import socket
import threading
from argparse import ArgumentTypeError
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from hrmsops.backfill.continuing import continued
from hrmsops.backfill.engine import Engine, Stopped
from hrmsops.backfill.lines import Lines
from hrmsops.backfill.listing import listed
from hrmsops.backfill.opening import Manner, opened
from hrmsops.backfill.prepared import Prepared, prepare
from hrmsops.backfill.registry import Backfill, backfill_registry
from hrmsops.backfill.request import Request
from hrmsops.backfill.running import finish
from hrmsops.errors.backfill import BackfillOptionsWrong
from hrmsops.errors.base import ExitCode, HrmsopsError

__all__ = ["Backfill", "Command", "backfill_registry"]


def _rows(text: str) -> int:
    if not text.isdigit() or int(text) < 1:
        raise ArgumentTypeError("a whole number from 1 on is wanted")
    return int(text)


def _seconds(text: str) -> float:
    try:
        found = float(text)
    except ValueError as error:
        raise ArgumentTypeError("seconds are wanted, such as 0.2") from error
    if not 0 <= found <= 3600:
        raise ArgumentTypeError("seconds from 0 to 3600 are wanted")
    return found


class Command(BaseCommand):
    """The guide's command, with its options."""

    help = (
        "Change rows of a large table in batches, each row exactly once: a registered backfill "
        "(--backfill), or one field of a model (--model, --field, --value or --expression)."
    )
    requires_system_checks: list[str] = []  # noqa: RUF012 - Django's own form.

    def add_arguments(self, parser: CommandParser) -> None:
        add = parser.add_argument
        add("--list", action="store_true", help="Registered backfills, and runs under way.")
        add("--backfill", metavar="NAME", help="A backfill that an app registers.")
        add("--model", metavar="APP.MODEL", help="The model whose rows are changed.")
        add("--field", metavar="FIELD", help="The field that is written.")
        add("--value", help="Its new value, as text that the field understands.")
        add("--expression", help='Its new value by row: Upper("name"), or SQL: upper(name).')
        add(
            "--filter",
            action="append",
            default=[],
            metavar="LOOKUP=VALUE",
            help="Only rows that match, such as status__isnull=True; may be given several times.",
        )
        add("--batch-size", type=_rows, metavar="ROWS", help="The most rows of one batch.")
        add("--sleep", type=_seconds, metavar="SECONDS", help="A pause after each batch.")
        add("--resume", action="store_true", help="Go on from the last checkpoint.")
        add("--anew", action="store_true", help="Give an unfinished run up, and begin again.")
        add("--dry-run", action="store_true", help="Count the rows, and change nothing.")
        add("--database", default="default", metavar="ALIAS", help="The database to work on.")

    def handle(self, *_: object, **options: Any) -> None:
        try:
            self._handle(options)
        except HrmsopsError as error:
            told = f"{error.what}\n  Why: {error.why}\n  Fix: {error.fix}"
            raise CommandError(told, returncode=int(error.exit_code)) from error

    def _handle(self, options: dict[str, Any]) -> None:
        using = options["database"]
        if options["list"]:
            for line in listed(using):
                self.stdout.write(line)
            return
        if options["resume"] and options["anew"]:
            raise BackfillOptionsWrong(problem="--resume and --anew exclude each other.")
        request = _request(options)
        if options["resume"]:
            request = continued(request, using=using)
        prepared = prepare(request, using=using)
        self.stdout.write(prepared.title)
        if options["dry_run"]:
            self._rehearse(prepared)
        else:
            self._run(prepared, options)

    def _rehearse(self, prepared: Prepared) -> None:
        self.stdout.write(f"  {prepared.counted():,} rows would be changed; {prepared.how()}")
        self.stdout.write("  Nothing was changed (--dry-run).")

    def _run(self, prepared: Prepared, options: dict[str, Any]) -> None:
        using = options["database"]
        lines = Lines(self._bare, is_terminal=self.stdout.isatty())
        manner = Manner(
            using=using,
            operator=_operator(),
            resume=options["resume"],
            anew=options["anew"],
            **shard_of_task(),
        )
        for held in opened(prepared, manner):
            about = f"about {held.total:,} rows; " if held.total is not None else ""
            begun = f"goes on after {held.rows:,} rows; " if held.rows else ""
            lines.stay(f"  {begun}{about}{prepared.how()}")
            try:
                ended = finish(
                    prepared, held, using=using, tell=lines.tell, started=_stops_on_signals
                )
            except Stopped as error:
                told = f"Stopped after {held.rows:,} rows; the same with --resume goes on."
                raise CommandError(told, returncode=int(ExitCode.INTERRUPTED)) from error
            rate = ended.rows / ended.seconds if ended.seconds else 0.0
            paused = (
                f", {ended.paused_seconds:.1f} s of them paused" if ended.paused_seconds else ""
            )
            lines.stay(
                f"  {ended.rows:,} rows in {ended.seconds:.1f} s{paused}, {rate:,.0f} rows/s"
            )
            for finding in ended.findings:
                lines.stay(f"  ! {finding}.")

    def _bare(self, text: str) -> None:
        self.stdout.write(text, ending="")
        self.stdout.flush()


def shard_of_task() -> dict[str, Any]:
    """In a Cloud Run job of several tasks each task is a shard of one run, tried again or not."""
    shards = int(os.environ.get("CLOUD_RUN_TASK_COUNT", "1"))
    if shards == 1:
        return {}
    index = int(os.environ["CLOUD_RUN_TASK_INDEX"])
    return {"run": os.environ["CLOUD_RUN_EXECUTION"], "shard": index, "shards": shards}


def _stops_on_signals(engine: Engine) -> None:
    """The batch under way is finished, and its checkpoint with it."""
    if threading.current_thread() is not threading.main_thread():
        return  # Only there signals can be met.
    for signum in (signal.SIGINT, signal.SIGTERM):
        signal.signal(signum, lambda *_: engine.stop.set())


def _request(options: dict[str, Any]) -> Request:
    return Request(
        backfill=options["backfill"],
        model=options["model"],
        field=options["field"],
        value=options["value"],
        expression=options["expression"],
        filters=tuple(options["filter"]),
        batch_rows=options["batch_size"],
        sleep_seconds=options["sleep"],
    )


def _operator() -> str:
    try:
        user = getpass.getuser()
    except (KeyError, OSError):
        user = str(os.getuid())
    return f"{user}@{socket.gethostname()}"
