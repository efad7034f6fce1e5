"""What can be wrong with what was typed, and with what was not."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Self

from hrmsops.errors.base import ExitCode, HrmsopsError
from hrmsops.errors.config import listed


class WrongUsage(HrmsopsError):
    """The command line does not fit the command: an unknown option, or a value left out.

    `--help` after any command shows what it takes, with an example of each value.
    """

    code = "wrong-usage"
    exit_code = ExitCode.USAGE

    def __init__(self, *, problem: str, command: str) -> None:
        super().__init__(
            what=problem,
            why=f"{command} was typed in a way that it does not take.",
            fix=f"{command} --help",
        )

    @classmethod
    def example(cls) -> Self:
        return cls(problem="No such option: --forse", command="hrmsops rollback app")


class NoSuchRefusal(HrmsopsError):
    """`--accept` was given a code that the command never refuses with.

    A code that is mistyped would else override nothing, and stand in the record as if it had. Each
    refusal names its code; `hrmsops explain CODE` says what it stands for, and `hrmsops migrate`
    takes the id of every rule of `hrmsops check` too.
    """

    code = "no-such-refusal"
    exit_code = ExitCode.USAGE

    def __init__(self, *, code: str, command: str, known: Sequence[str]) -> None:
        super().__init__(
            what=f"{command} refuses nothing with the code {code}.",
            why=f"It can be told to go on past {listed(known)}.",
            fix=f"--accept {known[0]}, or leave --accept out and read what is refused.",
        )

    @classmethod
    def example(cls) -> Self:
        return cls(code="half-aplied", command="hrmsops migrate", known=("half-applied",))


class DurationNotUnderstood(HrmsopsError):
    """A length of time was written in a way that leaves its unit open.

    A duration is made of numbers and units: `250ms`, `30s`, `5m`, `1h30m`, `7d`.
    """

    code = "duration-not-understood"
    exit_code = ExitCode.USAGE

    def __init__(self, *, text: str) -> None:
        super().__init__(
            what=f'"{text}" is not a duration.',
            why="A duration is made of numbers and the units ms, s, m, h and d, largest first.",
            fix="Write it like 30s, 5m or 1h30m.",
        )

    @classmethod
    def example(cls) -> Self:
        return cls(text="5")


class MomentNotUnderstood(HrmsopsError):
    """A moment was written in a way that could not be read, or that more than one moment fits.

    A time without a zone is refused: the same digits name moments hours apart, and a recovery to
    the wrong one loses data without an error. Write `Z` for UTC, or the distance from it.
    """

    code = "moment-not-understood"
    exit_code = ExitCode.USAGE

    def __init__(self, *, text: str, why: str, suggestion: str) -> None:
        super().__init__(
            what=f'"{text}" does not name one moment.',
            why=why,
            fix=f"Write it like {suggestion}",
        )

    @classmethod
    def example(cls) -> Self:
        return cls(
            text="2026-08-22 09:14",
            why="It has no zone: in UTC it is 2026-08-22T09:14:00Z.",
            suggestion="2026-08-22T09:14:00Z",
        )


class AnswerNeeded(HrmsopsError):
    """A question would have to be asked, and nobody is there to answer it.

    In a pipe or in CI hrmsops never waits at a prompt. The flag that answers the
    question is named instead.
    """

    code = "answer-needed"
    exit_code = ExitCode.USAGE

    def __init__(self, *, question: str, flag: str) -> None:
        super().__init__(
            what=f"An answer is needed: {question}",
            why="Standard input or standard error is no terminal, so nobody can be asked.",
            fix=f"Add {flag}",
        )

    @classmethod
    def example(cls) -> Self:
        return cls(question="Shift the traffic of nhia-hrms-production-api?", flag="--yes")


class ConfirmationDiffers(HrmsopsError):
    """`--confirm` names something else than what is about to be changed for good.

    The name is asked for so that a command meant for one database cannot reach another. What can be
    taken back needs no name: `--yes` is enough. Nothing was changed.
    """

    code = "confirmation-differs"
    exit_code = ExitCode.USAGE

    def __init__(self, *, given: str, name: str, undoable: bool = False) -> None:
        why = f"What is about to be changed is {name}."
        if undoable:
            why = f"All of it can be taken back; it is confirmed by a yes, or by the name {name}."
        super().__init__(
            what=f"--confirm {given} does not confirm this change.",
            why=why,
            fix=f"If that is what you mean: {'--yes' if undoable else f'--confirm {name}'}",
        )

    @classmethod
    def example(cls) -> Self:
        return cls(given="nhia-hrms-staging-pg-0001", name="nhia-hrms-production-pg-0001")


class Declined(HrmsopsError):
    """The operator said no, or did not type the name that was asked for.

    Nothing was changed. The same command asks again.
    """

    code = "declined"
    exit_code = ExitCode.DECLINED

    def __init__(self, *, summary: str) -> None:
        super().__init__(
            what=f"Declined: {summary}",
            why="The question was not answered with a yes, so nothing was changed.",
            fix="Run the command again when you want the change.",
        )

    @classmethod
    def example(cls) -> Self:
        return cls(summary="shift all traffic to nhia-hrms-production-api-00002-abc")


class UnknownCode(HrmsopsError):
    """`explain` was asked for a code that no error has.

    `hrmsops explain` without a code lists all of them.
    """

    code = "unknown-code"
    exit_code = ExitCode.USAGE

    def __init__(self, *, asked: str, near: Sequence[str]) -> None:
        super().__init__(
            what=f"There is no page for {asked}.",
            why=f"Near it are {listed(near)}." if near else "No code is near it.",
            fix=f"hrmsops explain {near[0]}" if near else "hrmsops explain",
        )

    @classmethod
    def example(cls) -> Self:
        return cls(asked="unknown-seting", near=["unknown-setting", "missing-setting"])
