"""What keeps migrations from being traced."""

from __future__ import annotations

from typing import Any, ClassVar, Self

from hrmsops.errors.base import ExitCode, HrmsopsError
from hrmsops.errors.failure_words import in_words


class HistoryFails(HrmsopsError):
    """A migration before the ones to be traced fails on an empty database.

    A trace makes the project's schema from its first migration on. Where one of them asks for
    something that the scratch server lacks (an extension, a role), give a database that has it
    with `--trace-url`.
    """

    code = "history-fails"

    def __init__(self, *, migration: str, facts: dict[str, Any]) -> None:
        super().__init__(
            what=f"The schema to trace in could not be made: {migration} fails.",
            why=f"{in_words(facts).capitalize()}: {facts.get('said') or 'nothing more is known'}.",
            fix="hrmsops check --trace --trace-url DSN",
        )

    @classmethod
    def example(cls) -> Self:
        facts = {"sqlstate": "0A000", "error": "NotSupportedError", "about": "", "place": ""}
        return cls(
            migration="places.0001_initial",
            facts={**facts, "said": 'extension "postgis" is not available'},
        )


class TraceBroken(HrmsopsError):
    """The process that traces met something that it cannot go on from.

    What it worked in is removed. Without `--trace` the migrations are read, and judged by that.
    """

    code = "trace-broken"

    def __init__(self, *, facts: dict[str, Any]) -> None:
        super().__init__(
            what="The tracing process broke off.",
            why=f"{in_words(facts).capitalize()}: {facts.get('said') or 'nothing more is known'}.",
            fix="hrmsops check",
        )

    @classmethod
    def example(cls) -> Self:
        facts = {"sqlstate": "57P01", "error": "OperationalError", "about": "", "place": ""}
        return cls(facts={**facts, "said": "terminating connection"})


class TraceDatabaseNotEmpty(HrmsopsError):
    """The database of `--trace-url` holds something, and a trace empties what it works in."""

    code = "trace-database-not-empty"
    exit_code: ClassVar[ExitCode] = ExitCode.USAGE

    def __init__(self, *, database: str, holds: str) -> None:
        super().__init__(
            what=f"The database {database} is not empty.",
            why=f"It holds {holds}. A trace fills, changes and drops everything in its database.",
            fix="createdb hrmsops_trace",
        )

    @classmethod
    def example(cls) -> Self:
        return cls(database="hrms", holds="payroll_payslip")


class TraceDatabaseInUse(HrmsopsError):
    """Another trace works in the database of `--trace-url`; both would see each other's changes."""

    code = "trace-database-in-use"
    exit_code: ClassVar[ExitCode] = ExitCode.REFUSED

    def __init__(self, *, database: str) -> None:
        super().__init__(
            what=f"Another trace is at work in the database {database}.",
            why="It holds the lock that the first one takes.",
            fix="Wait for it, or name another empty database.",
        )

    @classmethod
    def example(cls) -> Self:
        return cls(database="hrmsops_trace")


class TraceUrlUnusable(HrmsopsError):
    """`--trace-url` does not lead to a database."""

    code = "trace-url-unusable"
    exit_code: ClassVar[ExitCode] = ExitCode.USAGE

    def __init__(self, *, why: str) -> None:
        super().__init__(
            what="--trace-url does not lead to a database.",
            why=why,
            fix="hrmsops check --trace --trace-url postgresql://USER@HOST/EMPTY",
        )

    @classmethod
    def example(cls) -> Self:
        return cls(why='FATAL: database "hrmsops_trace" does not exist')
