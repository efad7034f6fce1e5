"""Why a migration was not applied, or not as a whole."""

from __future__ import annotations

from typing import Any, ClassVar, Self

from hrmsops.errors.base import ExitCode, HrmsopsError
from hrmsops.errors.failure_words import SQLSTATES, in_words, listed, sentence


class MigrationFailed(HrmsopsError):
    """A migration was rolled back as a whole: nothing of it is in the database.

    The reason is told by PostgreSQL's code and by the names of table, column and constraint, since
    the server's own words can quote a row. A lock that was not had is tried again on a ramp, from
    a tenth of a second to `--lock-timeout`, so that nobody waits long behind the attempt; the
    screen names who held it. Migrations of the same run that came before it stay applied.
    """

    code = "migration-failed"
    exit_code: ClassVar[ExitCode] = ExitCode.FAILED

    def __init__(
        self,
        *,
        migration: str,
        facts: dict[str, Any],
        applied: tuple[str, ...] = (),
        pending: tuple[str, ...] = (),
    ) -> None:
        attempts = facts.get("attempts", 1)
        tries = f" {attempts} attempts." if attempts > 1 else ""
        before = f" Applied before it: {listed(applied)}." if applied else ""
        after = f" Not applied: {listed(pending)}." if pending else ""
        super().__init__(
            what=f"{migration} was not applied; nothing of it is left.",
            why=f"{sentence(in_words(facts))}{tries}{before}{after}",
            fix="Mend what stood in its way, then the same command again.",
        )
        self.migration, self.facts = migration, facts

    @classmethod
    def example(cls) -> Self:
        facts = {
            "sqlstate": "23502",
            "error": "NotNullViolation",
            "about": "employees_employee, grade",
        }
        return cls(
            migration="employees.0004_grade", facts=facts, pending=("leave.0003_carry_over",)
        )


class MigrationHalfApplied(HrmsopsError):
    """A migration without a transaction (`atomic = False`) stopped between two operations.

    What it did before is there, and it is not recorded as applied. There are two ways out. Mend
    what stood in its way and `hrmsops resume RUN`: it goes on with the operation that it stopped
    at; an INVALID index that a failed build left is dropped first. Or finish or undo it by hand.
    hrmsops never records a migration as applied that it did not apply.
    """

    code = "migration-half-applied"
    exit_code: ClassVar[ExitCode] = ExitCode.HALFWAY

    def __init__(
        self, *, migration: str, run: str, facts: dict[str, Any], pending: tuple[str, ...] = ()
    ) -> None:
        done = f" Done: {listed(facts['done'])}." if facts["done"] else ""
        within = facts.get("statements", 0)
        some = f", {within} of its statements done" if within else ""
        stopped = f" It stopped at: {facts['stopped_at']}{some}." if facts["stopped_at"] else ""
        undone = f" Not begun: {listed(facts['undone'])}." if facts["undone"] else ""
        after = f" Not applied: {listed(pending)}." if pending else ""
        super().__init__(
            what=f"{migration} is half applied, as it has no transaction.",
            why=f"{sentence(in_words(facts))}{done}{stopped}{undone}{after}",
            fix=f"hrmsops resume {run}",
        )

    @classmethod
    def example(cls) -> Self:
        facts = {
            "sqlstate": "57014",
            "error": "QueryCanceled",
            "done": ["Add field grade to employee"],
            "stopped_at": "Create index employee_grade on field(s) grade of model employee",
            "undone": [],
        }
        return cls(migration="employees.0004_grade", run="261123-104512-7f3a", facts=facts)


class MigrationInDoubt(HrmsopsError):
    """Code of a migration without a transaction was interrupted; how far it came is not known.

    A `RunPython` outside a transaction commits as it goes. hrmsops does not run it a second time
    by itself: that is right for a backfill that looks for what is left, and wrong for one that
    adds to what is there. Where it may be repeated, `hrmsops migrate --accept half-applied` goes on
    with that operation; else finish by hand, and record it with Django's own `migrate --fake`.
    """

    code = "migration-in-doubt"
    exit_code: ClassVar[ExitCode] = ExitCode.REFUSED

    def __init__(self, *, migration: str, operation: int, facts: dict[str, Any]) -> None:
        done = f" Done before it: {listed(facts['done'])}." if facts["done"] else ""
        super().__init__(
            what=f"Operation {operation} of {migration} was interrupted: {facts['stopped_at']}.",
            why=f"It runs code outside a transaction, so part of it may be committed.{done}",
            fix="hrmsops migrate --accept half-applied --reason 'it looks for what is left'",
        )

    @classmethod
    def example(cls) -> Self:
        facts = {"done": ["Add field grade to employee"], "stopped_at": "Raw Python operation"}
        return cls(migration="employees.0004_grade", operation=2, facts=facts)


class MigrationUnderWay(HrmsopsError):
    """Another session holds this database's migration lock; two runners would break each other.

    The lock belongs to the migrating session itself: it is free the moment that session ends.
    """

    code = "migration-under-way"
    exit_code: ClassVar[ExitCode] = ExitCode.CONFLICT

    def __init__(
        self, *, pid: int, user: str, application: str, client: str | None, since: str
    ) -> None:
        where = f" from {client}" if client else ""
        run = application.removeprefix("hrmsops ")
        super().__init__(
            what=f"{application or 'Another session'} is migrating this database.",
            why=f"Session {pid} of {user}{where}, connected since {since[:19]}, holds the lock.",
            fix=f"hrmsops runs show {run}" if run != application else "hrmsops migrations",
        )

    @classmethod
    def example(cls) -> Self:
        return cls(
            pid=4711,
            user="hrms_ops",
            application="hrmsops 261123-104512-7f3a",
            client="10.12.0.9",
            since="2026-11-23 10:45:14.2+00:00",
        )


class MigrationsUnverified(HrmsopsError):
    """Every migration was applied, and what must be so afterwards is not.

    Left to apply, models that no migration knows, an INVALID index, a constraint that was never
    validated, a table or sequence that the application's role may not use, or an error of
    Django's system checks. What was so before the run began is told, and does not count.
    """

    code = "migrations-unverified"
    exit_code: ClassVar[ExitCode] = ExitCode.UNVERIFIED

    def __init__(self, *, findings: tuple[str, ...], run: str) -> None:
        super().__init__(
            what="The migrations are applied, and the database is not as it should be.",
            why="; ".join(findings) + ".",
            fix=f"hrmsops runs show {run}",
        )

    @classmethod
    def example(cls) -> Self:
        return cls(findings=("hrms_app may not SELECT payroll_bonus",), run="261123-104512-7f3a")


class LedgerNotWritable(HrmsopsError):
    """hrmsops keeps a ledger of migrations in the database (schema `hrmsops`), and may not make it.

    Without it nobody knows later which migration ran when, and to which moment to go back.
    """

    code = "ledger-not-writable"

    def __init__(self, *, role: str, sqlstate: str) -> None:
        super().__init__(
            what="The ledger of migrations, hrmsops.migrations, cannot be made.",
            why=sentence(
                f"{SQLSTATES.get(sqlstate, 'the database refused')} (SQLSTATE {sqlstate})"
            ),
            fix=f'CREATE SCHEMA hrmsops AUTHORIZATION "{role}";',
        )

    @classmethod
    def example(cls) -> Self:
        return cls(role="hrms_app", sqlstate="42501")


class MigrationNotInCode(HrmsopsError):
    """A migration of the plan is not in the code at hand any more.

    Someone checked out another commit between the plan and its application.
    """

    code = "migration-not-in-code"
    exit_code: ClassVar[ExitCode] = ExitCode.CONFLICT

    def __init__(self, *, migration: str) -> None:
        super().__init__(
            what=f"{migration} is not in the code at hand.",
            why="The plan was made with code that has it.",
            fix="Check out the commit of the plan (hrmsops runs show RUN), then hrmsops resume.",
        )

    @classmethod
    def example(cls) -> Self:
        return cls(migration="employees.0004_grade")


class MigrationChanged(HrmsopsError):
    """A migration's file is not the one that the plan was made of, and that was shown.

    Nothing of it was applied.
    """

    code = "migration-changed"
    exit_code: ClassVar[ExitCode] = ExitCode.CONFLICT

    def __init__(self, *, migration: str) -> None:
        super().__init__(
            what=f"{migration} was changed since the plan was made.",
            why="The fingerprint of its file differs.",
            fix="hrmsops migrate --dry-run",
        )

    @classmethod
    def example(cls) -> Self:
        return cls(migration="employees.0004_grade")


class MigrationOutOfOrder(HrmsopsError):
    """A migration that this one builds on is not applied. Someone else changed the database."""

    code = "migration-out-of-order"
    exit_code: ClassVar[ExitCode] = ExitCode.CONFLICT

    def __init__(self, *, migration: str, before: tuple[str, ...]) -> None:
        super().__init__(
            what=f"{migration} cannot be applied now.",
            why=f"Not applied before it: {listed(before)}.",
            fix="hrmsops migrate --dry-run",
        )

    @classmethod
    def example(cls) -> Self:
        return cls(migration="leave.0003_carry_over", before=("employees.0004_grade",))
