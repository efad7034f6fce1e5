"""What can be wrong before migrations are written anew."""

from __future__ import annotations

from typing import Self

from hrmsops.errors.base import ExitCode, HrmsopsError


class FixNeedsAChoice(HrmsopsError):
    """`check --fix` was not told which migrations are not applied anywhere yet.

    A migration that a database has applied must not change: say what is new with `--since`, ask an
    environment's database with `--env`, or name migrations with `--only`. `--fix --dry-run` shows
    the rewrites of all of them, and writes none.
    """

    code = "fix-needs-a-choice"
    exit_code = ExitCode.REFUSED

    def __init__(self) -> None:
        super().__init__(
            what="Nothing was written: it was not said which migrations may change.",
            why="One that a database has applied already must stay as it is.",
            fix="hrmsops check --fix --since origin/main",
        )

    @classmethod
    def example(cls) -> Self:
        return cls()


class FixNotCommitted(HrmsopsError):
    """`check --fix` would write over something that git could not give back.

    Files are rewritten only where they are committed as they are, so that `git checkout` is a way
    back and `git diff` shows just what the rewrite did.
    """

    code = "fix-not-committed"
    exit_code = ExitCode.REFUSED

    def __init__(self, *, file: str, problem: str) -> None:
        super().__init__(
            what=f"Nothing was written: {file} could not be had back.",
            why=f"As git sees it, {problem}.",
            fix=f"git add {file} && git commit -m 'Before hrmsops check --fix'",
        )

    @classmethod
    def example(cls) -> Self:
        return cls(file="payroll/migrations/0025_payslip_index.py", problem="git does not know it")


class NoSuchMigration(HrmsopsError):
    """`--only` names a migration that is not below the path."""

    code = "no-such-migration"
    exit_code = ExitCode.USAGE

    def __init__(self, *, name: str) -> None:
        super().__init__(
            what=f"There is no migration {name} here.",
            why="A migration is named by its app and its file: payroll.0025_payslip_index.",
            fix="hrmsops check --fix --only APP.NAME",
        )

    @classmethod
    def example(cls) -> Self:
        return cls(name="payroll.0099")
