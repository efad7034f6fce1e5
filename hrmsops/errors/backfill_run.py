"""Why a backfill is not gone on with, and what stopped one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar, Self

from hrmsops.errors.base import ExitCode, HrmsopsError


class BackfillNothingToResume(HrmsopsError):
    """`--resume` found no unfinished run of that backfill. Nothing was written."""

    code: ClassVar[str] = "backfill-nothing-to-resume"
    exit_code: ClassVar[ExitCode] = ExitCode.USAGE

    def __init__(self, *, subject: str, unfinished: Sequence[str]) -> None:
        others = f"Unfinished are: {'; '.join(unfinished)}." if unfinished else ""
        super().__init__(
            what=f"No run of {subject} is unfinished.",
            why=others or "The checkpoints of this database have no unfinished run at all.",
            fix="Leave --resume out to begin one.",
        )

    @classmethod
    def example(cls) -> Self:
        return cls(subject="employees.Employee.status = 'ACTIVE'", unfinished=())


class BackfillAmbiguous(HrmsopsError):
    """`--resume` left open which of several unfinished runs is meant."""

    code: ClassVar[str] = "backfill-ambiguous"
    exit_code: ClassVar[ExitCode] = ExitCode.USAGE

    def __init__(self, *, subjects: Sequence[str]) -> None:
        super().__init__(
            what="Several unfinished runs fit these options.",
            why=f"They are: {'; '.join(subjects)}.",
            fix="Give the value or the expression of the one that is meant.",
        )

    @classmethod
    def example(cls) -> Self:
        return cls(
            subjects=("employees.Employee.grade = '1'", "employees.Employee.grade = '2'"),
        )


class BackfillUnfinished(HrmsopsError):
    """A run of the same backfill was stopped before its end.

    A second one from the beginning would change rows that are done a second time, where the new
    value is made of the old one.
    """

    code: ClassVar[str] = "backfill-unfinished"
    exit_code: ClassVar[ExitCode] = ExitCode.REFUSED

    def __init__(self, *, subject: str, rows: int, at: str) -> None:
        super().__init__(
            what=f"A run of {subject} is unfinished.",
            why=f"It changed {rows:,} rows, and its last checkpoint is of {at}.",
            fix="Go on with it by --resume; --anew gives it up and begins from the first row.",
        )

    @classmethod
    def example(cls) -> Self:
        return cls(
            subject="employees.Employee.status = 'ACTIVE'", rows=12_000, at="2026-11-23 10:45 UTC"
        )


class BackfillUnderWay(HrmsopsError):
    """Another process is at work on the same backfill."""

    code: ClassVar[str] = "backfill-under-way"
    exit_code: ClassVar[ExitCode] = ExitCode.CONFLICT

    def __init__(self, *, subject: str) -> None:
        super().__init__(
            what=f"{subject} is being backfilled by another process.",
            why="It holds the lock of that run; two would do each other's rows.",
            fix="Wait for its end; backfill_data --list shows how far it is.",
        )

    @classmethod
    def example(cls) -> Self:
        return cls(subject="employees.Employee.status = 'ACTIVE'")


class BackfillTakenOver(HrmsopsError):
    """Another process went on with this run meanwhile; the batch under way was taken back."""

    code: ClassVar[str] = "backfill-taken-over"
    exit_code: ClassVar[ExitCode] = ExitCode.CONFLICT

    def __init__(self, *, subject: str) -> None:
        super().__init__(
            what=f"The run of {subject} has gone over to another process.",
            why="Its checkpoint is not the one that this process wrote last.",
            fix="Leave it to that process; backfill_data --list shows how far it is.",
        )

    @classmethod
    def example(cls) -> Self:
        return cls(subject="employees.Employee.status = 'ACTIVE'")


class BackfillStopped(HrmsopsError):
    """A batch failed. What was done before it stands, the batch itself was taken back.

    The words are PostgreSQL's SQLSTATE and the names that it gives, without any value of a row.
    """

    code: ClassVar[str] = "backfill-stopped"
    exit_code: ClassVar[ExitCode] = ExitCode.HALFWAY

    def __init__(self, *, subject: str, rows: int, why: str) -> None:
        super().__init__(
            what=f"The backfill of {subject} stopped after {rows:,} rows.",
            why=why,
            fix="Mend what it stopped at, and give the same command with --resume.",
        )

    @classmethod
    def example(cls) -> Self:
        return cls(
            subject="employees.Employee.grade = F('grade') + 1",
            rows=12_000,
            why="A batch failed with SQLSTATE 23514 at employees_employee, grade_in_range.",
        )


class BackfillNotRecordable(HrmsopsError):
    """The role may not keep checkpoints in the database; nothing was written.

    They live in the table hrmsops.backfills, made at the first backfill. Without them a backfill
    that is killed could not be gone on with.
    """

    code: ClassVar[str] = "backfill-not-recordable"
    exit_code: ClassVar[ExitCode] = ExitCode.FAILED

    def __init__(self, *, role: str, sqlstate: str, has_schema: bool = False) -> None:
        grant = "; ".join(
            f"GRANT ALL ON {what} TO {role}"
            for what in ("SCHEMA hrmsops", "ALL TABLES IN SCHEMA hrmsops")
        )
        made = f"CREATE SCHEMA hrmsops AUTHORIZATION {role}"
        super().__init__(
            what=f"{role} cannot keep checkpoints in schema hrmsops (SQLSTATE {sqlstate}).",
            why="It needs CREATE on the database once, or a schema hrmsops that is its own.",
            fix=f"As the {'schema' if has_schema else 'database'}'s owner: "
            f"{grant if has_schema else made}",
        )

    @classmethod
    def example(cls) -> Self:
        return cls(role="hrms_app", sqlstate="42501")


class BackfillNotOnPostgresql(HrmsopsError):
    """The database alias leads to another database than PostgreSQL."""

    code: ClassVar[str] = "backfill-not-on-postgresql"
    exit_code: ClassVar[ExitCode] = ExitCode.USAGE

    def __init__(self, *, alias: str, vendor: str) -> None:
        super().__init__(
            what=f"The database {alias!r} is {vendor}.",
            why="Batches, checkpoints and health are PostgreSQL's.",
            fix="Name an alias of a PostgreSQL database with --database.",
        )

    @classmethod
    def example(cls) -> Self:
        return cls(alias="default", vendor="sqlite")


class BackfillThroughPooler(HrmsopsError):
    """The connection goes through a pooler, which hands each transaction to another session.

    The lock that keeps two processes apart would be another client's, and so would the timeouts.
    """

    code: ClassVar[str] = "backfill-through-pooler"
    exit_code: ClassVar[ExitCode] = ExitCode.REFUSED

    def __init__(self, *, alias: str) -> None:
        super().__init__(
            what=f"The database {alias!r} is reached through a pooler.",
            why="A backfill holds a lock of its session from the first batch to the last.",
            fix="Name an alias that leads to the database itself with --database.",
        )

    @classmethod
    def example(cls) -> Self:
        return cls(alias="default")
