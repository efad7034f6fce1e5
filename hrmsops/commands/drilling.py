"""A drill from its curtain to its end: the stage, who recovers, what is shown of it."""

from __future__ import annotations

import shlex
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from hrmsops.errors.base import ExitCode

if TYPE_CHECKING:
    from hrmsops.console.drill import DrillScreen
    from hrmsops.sandbox.scenarios.drill import Drill
    from hrmsops.sandbox.scenarios.operator import Duty, Person
    from hrmsops.sandbox.scenarios.result import Result

LOOK_SECONDS = 0.1


def play(
    drill: type[Drill], *, interactive: bool, json: bool, keep: bool, folder: Path | None
) -> None:
    """One drill, whose name is known; ends with exit code 7 where it was no success."""
    from hrmsops.console.prompts import somebody_answers
    from hrmsops.errors.usage import WrongUsage

    if interactive and not somebody_answers():
        problem = "--interactive needs a terminal."
        raise WrongUsage(problem=problem, command=f"hrmsops drill {drill.name}")
    manner = _Manner(json=json, keep=keep, folder=folder)
    result = _played(drill, manner, attended=interactive)
    _show(result, json=json)
    _end(result)


def play_all(*, json: bool) -> None:
    """The four, unattended, and a table."""
    from hrmsops.console import output
    from hrmsops.console.drill_outcome import show_all
    from hrmsops.sandbox.scenarios.surprise import incidents

    manner, results = _Manner(json=json, keep=False, folder=None), []
    for drill in incidents():
        output.say(drill.name, style="bold")
        results.append(_played(drill, manner, attended=False))
    documents = [each.document() for each in results]
    if json:
        output.write_json("drills", {"drills": documents})
    else:
        show_all(documents)
    if not all(each.is_success for each in results):
        raise typer.Exit(ExitCode.UNVERIFIED)


def surprise(
    number: int | None, *, seconds_max: float, json: bool, keep: bool, folder: Path | None
) -> None:
    """One of the four that shows by its damage alone, and at the end what it was."""
    from hrmsops.console.drill_outcome import show_revealed
    from hrmsops.sandbox.scenarios.surprise import incident

    manner = _Manner(json=json, keep=keep, folder=folder, is_secret=True, seconds_max=seconds_max)
    result = _played(incident(number), manner, attended=True)
    if not json:
        show_revealed(result.document())
    _show(result, json=json)
    _end(result)


@dataclass(frozen=True, kw_only=True)
class _Manner:
    json: bool
    keep: bool
    folder: Path | None
    is_secret: bool = False
    seconds_max: float = float("inf")
    """How long is waited for somebody who recovers."""


def _played(drill: type[Drill], manner: _Manner, *, attended: bool) -> Result:
    from hrmsops.console.drill import DrillScreen
    from hrmsops.engine.signals import raised_once

    _end_with_the_terminal()
    with raised_once(), DrillScreen(is_quiet=manner.json) as screen:
        return _rehearse(drill, screen, manner, _person(screen, manner) if attended else None)


def _end_with_the_terminal() -> None:
    """A terminal that is closed takes the stage down as Ctrl-C does, unless nohup was asked for."""
    if signal.getsignal(signal.SIGHUP) == signal.SIG_DFL:
        signal.signal(signal.SIGHUP, signal.getsignal(signal.SIGTERM))


def _rehearse(
    drill: type[Drill], screen: DrillScreen, manner: _Manner, person: Person | None
) -> Result:
    from dataclasses import replace

    from hrmsops.sandbox.bank import Bank
    from hrmsops.sandbox.blueprint import PRODUCTION
    from hrmsops.sandbox.estate import Estate
    from hrmsops.sandbox.scenarios.stage import stage
    from hrmsops.sandbox.scenarios.surprise import Veil, called

    name = "--surprise" if manner.is_secret else drill.name
    with stage(name, folder=manner.folder, keep=manner.keep) as client, Bank() as bank:
        if manner.keep:
            _show_kept(client.home.root)
        estate = Estate(
            client,
            environments=(replace(PRODUCTION, bank_url=bank.url),),
            say=(lambda _sentence: None) if manner.is_secret else screen.progress,
            called=called(drill) if manner.is_secret else {},
        )
        result = drill(
            estate,
            bank=bank,
            person=person,
            listener=Veil(screen) if manner.is_secret else screen,
            is_secret=manner.is_secret,
        ).rehearse()
        screen.progress("the sandbox is left up" if manner.keep else "the sandbox is taken down")
    return result


def _person(screen: DrillScreen, manner: _Manner) -> Person:
    from hrmsops.console.prompts import somebody_answers

    if somebody_answers():
        return _Here(screen, manner)
    return _Elsewhere(manner.seconds_max)


def _show(result: Result, *, json: bool) -> None:
    from hrmsops.console import output
    from hrmsops.console.drill_outcome import show_outcome

    document = result.document()
    if json:
        output.write_json("drill", document)
        return
    rates = [count.error_rate for count in result.by_second]
    show_outcome(document, error_rates=rates, problem=result.problem)


def _end(result: Result) -> None:
    if not result.is_success:
        raise typer.Exit(ExitCode.UNVERIFIED)


def _show_kept(root: Path) -> None:
    from hrmsops.console import output
    from hrmsops.sandbox.scenarios.operator import Desk

    output.say(f"This drill's sandbox will be kept in {root}")
    folder = shlex.quote(str(root))
    entrance = Desk(folder=root, env={}).entrance
    for line in (
        f"hrmsops sandbox status --dir {folder}",
        f"({entrance} && hrmsops status -e production)",
        f"hrmsops sandbox down --destroy --dir {folder}",
    ):
        output.command_aside("  ", line, style="fix")


class _Here:
    """The person at the terminal: types commands until production is well again."""

    def __init__(self, screen: DrillScreen, manner: _Manner) -> None:
        self._screen, self._manner = screen, manner

    def work(self, duty: Duty) -> str:
        from hrmsops.console.shell_line import type_until

        is_due = _deadline(self._manner.seconds_max)
        with self._screen.handed_over(), _until_given_up() as problem:
            type_until(
                lambda: duty.is_over() or is_due(),
                first_line=duty.first_line,
                next_line=duty.next_line,
                folder=duty.desk.folder,
                env=duty.desk.env,
                entrance=duty.desk.entrance,
                watching=self._screen.taken_back,
                is_quiet=self._manner.json,
            )
        return _ended(duty, problem)


class _Elsewhere:
    """Somebody at another terminal; this one has nobody in front of it."""

    def __init__(self, seconds_max: float) -> None:
        self._seconds_max = seconds_max

    def work(self, duty: Duty) -> str:
        from hrmsops.console import output

        output.say("Production is broken. Bring it back from another terminal:")
        line = f"{duty.desk.entrance} && hrmsops {duty.first_line}"
        output.command_aside("  ", line, style="fix")
        is_due = _deadline(self._seconds_max)
        with _until_given_up() as problem:
            while not (duty.is_over() or is_due()):
                time.sleep(LOOK_SECONDS)
        return _ended(duty, problem)


def _deadline(seconds_max: float) -> Callable[[], bool]:
    deadline = time.monotonic() + seconds_max
    return lambda: time.monotonic() > deadline


@contextmanager
def _until_given_up() -> Iterator[list[str]]:
    """Ctrl-C ends the work, and not the drill: what came of it is still told."""
    from hrmsops.engine.signals import Interruption

    problem: list[str] = []
    try:
        yield problem
    except Interruption as arrived:
        if arrived.signum != signal.SIGINT:
            raise
        problem.append("You gave up.")


def _ended(duty: Duty, problem: list[str]) -> str:
    if duty.is_over():
        return ""
    return problem[0] if problem else "Nobody brought it back in time."
