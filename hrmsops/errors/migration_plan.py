"""Why no migration was begun."""

from __future__ import annotations

from typing import ClassVar, Self

from hrmsops.errors.base import ExitCode, HrmsopsError
from hrmsops.errors.failure_words import listed


class AppUnknown(HrmsopsError):
    """`--app` names an app without migrations, or none of the project."""

    code = "app-unknown"
    exit_code: ClassVar[ExitCode] = ExitCode.USAGE

    def __init__(self, *, app: str, known: tuple[str, ...]) -> None:
        super().__init__(
            what=f"The project has no app {app} with migrations.",
            why=f"It has {', '.join(known)}." if known else "No app has migrations.",
            fix=f"--app {_nearest(app, known)}",
        )

    @classmethod
    def example(cls) -> Self:
        return cls(app="employee", known=("core", "employees", "leave", "payroll"))


class MigrationUnknown(HrmsopsError):
    """`--to` names no migration of the app, or the beginning of several."""

    code = "migration-unknown"
    exit_code: ClassVar[ExitCode] = ExitCode.USAGE

    def __init__(
        self, *, app: str, name: str, near: tuple[str, ...], known: tuple[str, ...]
    ) -> None:
        why = f"Begin so: {', '.join(near)}." if near else f"The newest are {listed(known[-3:])}."
        super().__init__(
            what=f"{app} has no single migration {name}.",
            why=why,
            fix=f"--to {(near or known or ('NAME',))[-1]}",
        )

    @classmethod
    def example(cls) -> Self:
        return cls(app="employees", name="0005", near=(), known=("0001_initial", "0002_code"))


class MigrationsConflict(HrmsopsError):
    """An app has two newest migrations: two branches were merged, and the migrations were not."""

    code = "migrations-conflict"
    exit_code: ClassVar[ExitCode] = ExitCode.REFUSED

    def __init__(self, *, conflicts: dict[str, list[str]]) -> None:
        told = "; ".join(f"{app}: {', '.join(names)}" for app, names in sorted(conflicts.items()))
        super().__init__(
            what="More than one migration is the newest of its app.",
            why=f"{told}.",
            fix="python manage.py makemigrations --merge",
        )

    @classmethod
    def example(cls) -> Self:
        return cls(conflicts={"employees": ["0004_grade", "0004_union"]})


class HistoryInconsistent(HrmsopsError):
    """A migration is recorded as applied before one that it builds on."""

    code = "history-inconsistent"
    exit_code: ClassVar[ExitCode] = ExitCode.REFUSED

    def __init__(self, *, said: str) -> None:
        super().__init__(
            what="The record of applied migrations contradicts the code.",
            why=said,
            fix="hrmsops migrations",
        )

    @classmethod
    def example(cls) -> Self:
        return cls(
            said="Migration leave.0002_days is applied before its dependency core.0003_calendar."
        )


class BackwardRefused(HrmsopsError):
    """`migrate` goes forwards only. The target is older than what is applied.

    Django's own `migrate app NAME` silently goes backwards then. A migration that is taken back
    can lose data or pretend to: `rollback migration` says which, and shows the whole plan.
    """

    code = "backward-refused"
    exit_code: ClassVar[ExitCode] = ExitCode.REFUSED

    def __init__(self, *, app: str, to: str, backwards: tuple[str, ...], environment: str) -> None:
        super().__init__(
            what=f"{app} {to} lies behind what is applied.",
            why=f"Taken back would be: {listed(backwards)}.",
            fix=f"hrmsops rollback migration {app} --to {to} -e {environment}",
        )

    @classmethod
    def example(cls) -> Self:
        return cls(
            app="employees",
            to="0001_initial",
            backwards=("employees.0002_code",),
            environment="production",
        )


class CodeBehindDatabase(HrmsopsError):
    """The database has migrations applied that the code at hand does not contain.

    It is older than what was deployed: another branch, or a rollback. Migrating with it would
    build on a state that it does not know. `--accept code-behind-database` goes on all the same.
    """

    code = "code-behind-database"
    exit_code: ClassVar[ExitCode] = ExitCode.REFUSED

    def __init__(self, *, unknown: tuple[str, ...]) -> None:
        super().__init__(
            what="The code at hand is older than the database.",
            why=f"Applied, and not in the code: {listed(unknown)}.",
            fix="hrmsops migrations",
        )

    @classmethod
    def example(cls) -> Self:
        return cls(unknown=("employees.0004_grade",))


class TablesOfAnotherOwner(HrmsopsError):
    """The role that would migrate does not own the HRMS's tables.

    It could not change them, and what it makes would not belong to the application: a personal or
    IAM login makes tables that the application may not read.
    """

    code = "tables-of-another-owner"
    exit_code: ClassVar[ExitCode] = ExitCode.REFUSED

    def __init__(self, *, role: str, owners: dict[str, str]) -> None:
        told = listed([f"{table} of {owner}" for table, owner in sorted(owners.items())])
        owner = max(set(owners.values()), key=list(owners.values()).count)
        super().__init__(
            what=f"{role} does not own the tables.",
            why=f"{told}.",
            fix=f'Set owner_role = "{owner}" in the environment\'s database section.',
        )

    @classmethod
    def example(cls) -> Self:
        return cls(role="hrms_ops", owners={"employees_employee": "hrms_app"})


class ModelsWithoutMigration(HrmsopsError):
    """The models differ from the migrations: `makemigrations --check` would fail.

    The code would expect what no migration makes. `--accept models-without-migration` goes on.
    """

    code = "models-without-migration"
    exit_code: ClassVar[ExitCode] = ExitCode.REFUSED

    def __init__(self, *, changes: tuple[str, ...]) -> None:
        super().__init__(
            what="Models were changed without a migration.",
            why=f"makemigrations would write: {listed(changes)}.",
            fix="python manage.py makemigrations",
        )

    @classmethod
    def example(cls) -> Self:
        return cls(changes=("employees: Add field grade to employee",))


class SystemChecksFailed(HrmsopsError):
    """Django's own system checks find errors in the code at hand.

    `--accept system-checks-failed` migrates all the same.
    """

    code = "system-checks-failed"
    exit_code: ClassVar[ExitCode] = ExitCode.REFUSED

    def __init__(self, *, checks: tuple[str, ...]) -> None:
        super().__init__(
            what="Django's system checks fail.",
            why=f"{listed(checks)}.",
            fix="python manage.py check",
        )

    @classmethod
    def example(cls) -> Self:
        return cls(checks=("fields.E304: Reverse accessor clashes with another field",))


class UnsafeMigrations(HrmsopsError):
    """The safety check calls a pending migration dangerous: nothing was applied.

    `hrmsops check` shows every finding with its place and the safe way; `hrmsops explain RULE` is
    the page of a rule. Where you know better, `--accept RULE` with a `--reason` overrides just that
    rule for this run, and stands in the record.
    """

    code = "unsafe-migrations"
    exit_code: ClassVar[ExitCode] = ExitCode.REFUSED

    def __init__(self, *, findings: tuple[tuple[str, str, str], ...]) -> None:
        rules = sorted({rule for rule, _, _ in findings})
        _, _, instead = findings[0]
        super().__init__(
            what=f"{_count(len(findings))} pending migrations.",
            why=f"{'; '.join(sentence for _, sentence, _ in findings[:3])}. Instead: {instead}",
            fix=f"hrmsops migrate {' '.join(f'--accept {rule}' for rule in rules)} --reason TEXT",
        )

    @classmethod
    def example(cls) -> Self:
        why = "employees.0004_grade: grade of employees_employee is gone (column-dropped)"
        instead = "Remove it in a later deploy, when no code uses it."
        return cls(findings=(("column-dropped", why, instead),))


class HalfApplied(HrmsopsError):
    """An earlier run left a migration half applied, for it has no transaction.

    `hrmsops resume RUN` goes on where it stopped. `--accept half-applied` does so in a new run, and
    repeats code that was interrupted. If you have taken its traces away by hand, abandon that run
    and record the repair with Django's `migrate --fake`.
    """

    code = "half-applied"
    exit_code: ClassVar[ExitCode] = ExitCode.REFUSED

    def __init__(self, *, migration: str, run: str, operation: int) -> None:
        super().__init__(
            what=f"{migration} is half applied.",
            why=f"Run {run} stopped in its operation {operation}.",
            fix=f"hrmsops resume {run}",
        )

    @classmethod
    def example(cls) -> Self:
        return cls(migration="employees.0004_grade", run="261123-104512-7f3a", operation=2)


def _nearest(name: str, known: tuple[str, ...]) -> str:
    from difflib import get_close_matches

    return next(iter(get_close_matches(name, known, n=1)), known[0] if known else "APP")


def _count(number: int) -> str:
    return "There is a danger in" if number == 1 else f"There are {number} dangers in"
