"""What can be wrong before, and with, the check of migrations."""

from __future__ import annotations

from typing import Self

from hrmsops.errors.base import ExitCode, HrmsopsError


class NoMigrations(HrmsopsError):
    """There is no migration below the path that was to be checked.

    A check of nothing would pass in silence, so it is an error. Migrations are looked for in
    folders called `migrations`, and in files that are numbered as Django numbers them.
    """

    code = "no-migrations"
    exit_code = ExitCode.USAGE

    def __init__(self, *, path: str, app: str | None = None) -> None:
        of_app = f" of the app {app}" if app else ""
        super().__init__(
            what=f"There is no migration{of_app} below {path}.",
            why="Folders called migrations, and numbered files with a Migration, were looked for.",
            fix="hrmsops check PATH",
        )

    @classmethod
    def example(cls) -> Self:
        return cls(path="backend/", app="payroll")


class RevisionNotFound(HrmsopsError):
    """`--since` names something that git does not know here.

    In CI a shallow checkout often lacks the branch to compare with: fetch it first.
    """

    code = "revision-not-found"
    exit_code = ExitCode.USAGE

    def __init__(self, *, revision: str, problem: str) -> None:
        super().__init__(
            what=f"What was added since {revision} cannot be told.",
            why=f"git says: {problem}",
            fix=f"git fetch origin {revision}",
        )

    @classmethod
    def example(cls) -> Self:
        return cls(revision="origin/main", problem="fatal: Not a valid object name origin/main")


class BaselineNotReadable(HrmsopsError):
    """The baseline that was named is no baseline, or cannot be read.

    A baseline is the JSON that `hrmsops check --format json` wrote when it was introduced.
    """

    code = "baseline-not-readable"
    exit_code = ExitCode.USAGE

    def __init__(self, *, file: str, problem: str) -> None:
        super().__init__(
            what=f"{file} cannot be read as a baseline.",
            why=problem,
            fix=f"hrmsops check --format json > {file}",
        )

    @classmethod
    def example(cls) -> Self:
        return cls(file="baseline.json", problem="It holds no list of findings.")
