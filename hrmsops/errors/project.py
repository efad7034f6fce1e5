"""Why the HRMS's project cannot be asked about its migrations."""

from __future__ import annotations

from typing import ClassVar, Self

from hrmsops.errors.base import ExitCode, HrmsopsError
from hrmsops.errors.failure_words import listed


class DjangoNotConfigured(HrmsopsError):
    """The command works with the HRMS's code, and the configuration does not say where it is."""

    code = "django-not-configured"
    exit_code: ClassVar[ExitCode] = ExitCode.USAGE

    def __init__(self, *, file: str | None) -> None:
        super().__init__(
            what="It is not configured where the Django project is.",
            why=f"{file} has no [django]." if file else "No hrmsops.toml was found.",
            fix="Add root, python and settings under [django].",
        )

    @classmethod
    def example(cls) -> Self:
        return cls(file="hrmsops.toml")


class InterpreterMissing(HrmsopsError):
    """The interpreter or the folder of `[django]` cannot be used."""

    code = "interpreter-missing"
    exit_code: ClassVar[ExitCode] = ExitCode.USAGE

    def __init__(self, *, python: str, root: str, why: str) -> None:
        super().__init__(
            what=f"{python} could not be started in {root}.",
            why=why,
            fix="Correct python and root under [django].",
        )

    @classmethod
    def example(cls) -> Self:
        return cls(python=".venv/bin/python", root="/srv/hrms/backend", why="No such file.")


class ProjectNotLoadable(HrmsopsError):
    """The Django project does not come up in its own interpreter.

    Its settings ask for a variable that is not set here, a requirement is missing, or a migration
    file cannot be read. hrmsops passes its own environment on to the project.
    """

    code = "project-not-loadable"
    exit_code: ClassVar[ExitCode] = ExitCode.USAGE

    def __init__(self, *, error: str, said: str) -> None:
        super().__init__(
            what="The Django project could not be loaded.",
            why=f"{error}: {said}",
            fix="Run `manage.py check` with the interpreter of [django]; it says the same.",
        )

    @classmethod
    def example(cls) -> Self:
        return cls(error="ModuleNotFoundError", said="No module named 'rest_framework'")


class DatabaseAliasUnknown(HrmsopsError):
    """`database_alias` of `[django]` is not in the project's DATABASES."""

    code = "database-alias-unknown"
    exit_code: ClassVar[ExitCode] = ExitCode.USAGE

    def __init__(self, *, alias: str, known: tuple[str, ...]) -> None:
        super().__init__(
            what=f"The project has no database {alias}.",
            why=f"DATABASES has {listed(known) or 'nothing'}.",
            fix="Correct database_alias under [django].",
        )

    @classmethod
    def example(cls) -> Self:
        return cls(alias="main", known=("default",))


class NotPostgresql(HrmsopsError):
    """The project's database is of another make; hrmsops migrates PostgreSQL alone."""

    code = "not-postgresql"
    exit_code: ClassVar[ExitCode] = ExitCode.USAGE

    def __init__(self, *, alias: str, vendor: str) -> None:
        super().__init__(
            what=f"The database {alias} of the project is {vendor}.",
            why="Locks, timeouts and verification are PostgreSQL's.",
            fix="Set ENGINE to django.db.backends.postgresql in the settings of [django].",
        )

    @classmethod
    def example(cls) -> Self:
        return cls(alias="default", vendor="sqlite")
