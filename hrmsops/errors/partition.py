"""Why a table is not partitioned, or not taken back."""

from __future__ import annotations

from typing import ClassVar, Self

from hrmsops.errors.base import ExitCode, HrmsopsError


class TableNotPartitionable(HrmsopsError):
    """Something about the table does not go together with partitions; nothing was touched.

    Each objection says what is so, why it cannot stay so, and what mends it. A foreign key that
    points to the table is the commonest: it needs a unique key of that column alone, and no index
    of a partitioned table sees all partitions, so there can be none without the column that the
    table is cut by.
    """

    code: ClassVar[str] = "table-not-partitionable"
    exit_code: ClassVar[ExitCode] = ExitCode.REFUSED

    def __init__(self, *, table: str, objections: tuple[str, ...]) -> None:
        super().__init__(
            what=f"{table} cannot be partitioned as it is.",
            why=" ".join(f"{each}." for each in objections),
            fix="Mend what is named, then the same command again.",
        )
        self.objections = objections

    @classmethod
    def example(cls) -> Self:
        return cls(
            table="payroll_payslip",
            objections=(
                "payroll_payslipline.payslip_fk refers to it: a foreign key needs a unique key "
                "without the column, which the partitioned table cannot have; drop payslip_fk "
                "(in Django: db_constraint=False), or leave the table whole",
            ),
        )


class MigrationNotWritable(HrmsopsError):
    """The Django migration of `--migration-out` has no place to go. Nothing was changed.

    It takes the folder of the app's migrations, or a file that ends in .py in a folder that is
    there. The place is looked at before anything else; the file is written when the run begins,
    and a dry run only names it. A file of the same name that is not from this command stays.
    """

    code: ClassVar[str] = "migration-not-writable"
    exit_code: ClassVar[ExitCode] = ExitCode.USAGE

    def __init__(self, *, path: str, why: str) -> None:
        super().__init__(
            what=f"No migration can be written to {path}.",
            why=why,
            fix="Name the folder of the app's migrations, or a new file in it that ends in .py.",
        )

    @classmethod
    def example(cls) -> Self:
        return cls(path="backend/core/migration", why="There is no such folder.")


class TableInUse(HrmsopsError):
    """The table could not be locked for the instant that is needed; nothing of the try is left.

    Each try gives up after 300 ms at most, since whoever wants the table waits behind it. A copy
    waits so for rows that a user holds, a quarter of an hour; then it is taken away again.
    """

    code: ClassVar[str] = "table-in-use"

    def __init__(self, *, table: str, tries: int, holders: tuple[str, ...]) -> None:
        super().__init__(
            what=f"{table} was not free for an instant in {tries} tries.",
            why=f"Held by {'; '.join(holders)}."
            if holders
            else "Short transactions follow closely.",
            fix="The same command again when fewer work on it, or end what holds it.",
        )

    @classmethod
    def example(cls) -> Self:
        return cls(
            table="core_auditlog",
            tries=40,
            holders=("session 4711 of hrms_app (report), in its transaction for 312 s",),
        )


class NotPartitioned(HrmsopsError):
    """The table is not one that hrmsops has partitioned, or that could be kept up or taken back.

    `--maintain` wants a table that is cut by ranges of a date or a timestamp, `--undo` and
    `--finish` one that `table partition` has cut and that is not finished yet.
    """

    code: ClassVar[str] = "not-partitioned"
    exit_code: ClassVar[ExitCode] = ExitCode.USAGE

    def __init__(self, *, table: str, why: str) -> None:
        super().__init__(
            what=f"There is nothing to do on {table}.", why=why, fix="hrmsops table sizes"
        )

    @classmethod
    def example(cls) -> Self:
        return cls(table="core_auditlog", why="It is not partitioned.")


class PartitionsDiffer(HrmsopsError):
    """What was verified after the swap is not as it should be.

    The swap itself is one transaction and is done; users are served by the new table. What differs
    is named. `--undo` takes the swap back with all that was written since.
    """

    code: ClassVar[str] = "partitions-differ"
    exit_code: ClassVar[ExitCode] = ExitCode.UNVERIFIED

    def __init__(self, *, table: str, differences: tuple[str, ...]) -> None:
        super().__init__(
            what=f"{table} is not what it was before.",
            why=" ".join(f"{each}." for each in differences),
            fix=f"hrmsops table partition {table} --undo",
        )

    @classmethod
    def example(cls) -> Self:
        return cls(table="core_auditlog", differences=("Gone: index core_auditlog_created_at",))


class CopyDiffers(HrmsopsError):
    """The filled table and the old one differ, also after what differed was copied again.

    Nothing was swapped. Rows that a trigger of the application changes on their way in are one
    reason; a writer that disables triggers (session_replication_role) is another.
    """

    code: ClassVar[str] = "copy-differs"

    def __init__(self, *, table: str, rows: int) -> None:
        super().__init__(
            what=f"The copy of {table} is not like it.",
            why=f"{rows} rows differ between the two, whichever side one looks from.",
            fix="Look for writers that pass triggers by, then the same command again.",
        )

    @classmethod
    def example(cls) -> Self:
        return cls(table="core_auditlog", rows=3)


class TooMuchToMoveBack(HrmsopsError):
    """Later partitions hold more rows than can be moved back while the table is locked.

    By `attach` the old table did not get what was written after the split. To move that back takes
    a lock for as long as it lasts, so it is refused from a certain number of rows on. The table
    works as it is; a plain one can be made of it by the application's own means.
    """

    code: ClassVar[str] = "too-much-to-move-back"
    exit_code: ClassVar[ExitCode] = ExitCode.REFUSED

    def __init__(self, *, table: str, rows: int, most: int) -> None:
        super().__init__(
            what=f"{table} has grown too much to be taken back.",
            why=f"{rows:,} rows lie in later partitions; {most:,} are moved within a short lock.",
            fix=f"hrmsops table partition {table} --maintain",
        )

    @classmethod
    def example(cls) -> Self:
        return cls(table="core_auditlog", rows=1_204_500, most=20_000)
