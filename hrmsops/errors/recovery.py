"""Why a database is not fenced, rows are not copied back, or writes are not replayed."""

from __future__ import annotations

from typing import ClassVar, Self

from hrmsops.errors.base import ExitCode, HrmsopsError


class FenceNotProven(HrmsopsError):
    """A role was closed, and an attempt to log in as it did not fail for that reason.

    A fence counts only when every route was tried and the server itself said that the role may not
    log in. A wrong password or a network that does not answer proves nothing. Nothing was cut over;
    a cutover opens the roles again, so that the old database goes on serving until `resume`. Where
    no route is known, `app_password_envs` names the variables that hold the roles' passwords.
    """

    code: ClassVar[str] = "fence-not-proven"
    exit_code: ClassVar[ExitCode] = ExitCode.HALFWAY

    def __init__(self, *, findings: tuple[str, ...]) -> None:
        super().__init__(
            what="The fence around the old database is not proven.",
            why="; ".join(findings),
            fix="hrmsops resume",
        )

    @classmethod
    def example(cls) -> Self:
        return cls(findings=("hrms_app at 10.12.0.3:5432: it was let in",))


class FenceHeldOpen(HrmsopsError):
    """Sessions or prepared transactions of a closed role did not end in time.

    A prepared transaction survives its session and can still commit: its application must commit it
    or roll it back. A cutover opens the roles again; `resume` tries once more.
    """

    code: ClassVar[str] = "fence-held-open"
    exit_code: ClassVar[ExitCode] = ExitCode.HALFWAY

    def __init__(self, *, sessions: int, prepared: tuple[str, ...]) -> None:
        named = f" Prepared: {', '.join(prepared)}." if prepared else ""
        super().__init__(
            what="Somebody can still write to the old database.",
            why=f"{sessions} sessions of closed roles are left.{named}",
            fix="hrmsops resume",
        )

    @classmethod
    def example(cls) -> Self:
        return cls(sessions=0, prepared=("payroll-2026-11 of hrms_app",))


class FenceWouldLockOut(HrmsopsError):
    """The role that is to go on reading, or the one that works the fence, is among those to close.

    Nothing was changed.
    """

    code: ClassVar[str] = "fence-would-lock-out"
    exit_code: ClassVar[ExitCode] = ExitCode.REFUSED

    def __init__(self, *, role: str) -> None:
        super().__init__(
            what=f"{role} was not closed, and no other role either.",
            why="It is the role that hrmsops itself needs afterwards.",
            fix="Take it out of app_roles in hrmsops.toml.",
        )

    @classmethod
    def example(cls) -> Self:
        return cls(role="hrms_ops")


class RoleUnknown(HrmsopsError):
    """A role that is to be fenced does not exist on the instance. Nothing was changed."""

    code: ClassVar[str] = "role-unknown"
    exit_code: ClassVar[ExitCode] = ExitCode.USAGE

    def __init__(self, *, roles: tuple[str, ...], address: str) -> None:
        super().__init__(
            what=f"{address} has no role {', '.join(roles)}.",
            why="The server was asked for its roles.",
            fix="Correct app_roles in hrmsops.toml.",
        )

    @classmethod
    def example(cls) -> Self:
        return cls(roles=("hrms_web",), address="10.12.0.3:5432")


class CopyWouldBreak(HrmsopsError):
    """Rows to copy back refer to rows that the target lacks and that are not copied with them.

    Nothing was touched. Copy the tables they refer to as well, or fewer tables.
    """

    code: ClassVar[str] = "copy-would-break"
    exit_code: ClassVar[ExitCode] = ExitCode.REFUSED

    def __init__(self, *, broken: tuple[str, ...], add: tuple[str, ...]) -> None:
        super().__init__(
            what="Nothing was copied back.",
            why="; ".join(broken),
            fix=f"Add to --tables: {','.join(add)}" if add else "Copy fewer tables.",
        )

    @classmethod
    def example(cls) -> Self:
        return cls(
            broken=("3 rows of payroll_payslip need rows of employees_employee",),
            add=("employees_employee",),
        )


class CopyNotAsShown(HrmsopsError):
    """Between the difference that was shown and the copy, somebody wrote on those very rows.

    What is overwritten is exactly what was shown, or nothing. Nothing was copied back.
    """

    code: ClassVar[str] = "copy-not-as-shown"
    exit_code: ClassVar[ExitCode] = ExitCode.CONFLICT

    def __init__(self, *, tables: tuple[str, ...]) -> None:
        super().__init__(
            what=f"Nothing was copied back: {', '.join(tables)} changed since it was shown.",
            why="Rows that would be inserted or overwritten are not those of the plan any more.",
            fix="Type the command again, and look at the difference again.",
        )

    @classmethod
    def example(cls) -> Self:
        return cls(tables=("payroll_payslip",))


class CopyRefused(HrmsopsError):
    """The database itself refused the rows: a constraint, a trigger or a right.

    All was in one transaction, so nothing is changed.
    """

    code: ClassVar[str] = "copy-refused"
    exit_code: ClassVar[ExitCode] = ExitCode.FAILED

    def __init__(self, *, table: str, sqlstate: str, constraint: str) -> None:
        named = f" ({constraint})" if constraint else ""
        super().__init__(
            what=f"The database refused the rows of {table}; nothing was copied back.",
            why=f"SQLSTATE {sqlstate}{named}.",
            fix="Copy it by itself, or give --columns.",
        )

    @classmethod
    def example(cls) -> Self:
        return cls(
            table="payroll_payslip", sqlstate="23505", constraint="payroll_payslip_number_key"
        )


class TableWithoutKey(HrmsopsError):
    """A table has no primary key and no unique index without NULLs to tell its rows apart.

    Such a table can be compared as a whole; its rows cannot be copied back or merged.
    """

    code: ClassVar[str] = "table-without-key"
    exit_code: ClassVar[ExitCode] = ExitCode.REFUSED

    def __init__(self, *, tables: tuple[str, ...]) -> None:
        super().__init__(
            what=f"{', '.join(tables)}: rows cannot be told apart.",
            why="Both databases must have the same key, and they have none in common.",
            fix="Leave it out of --tables.",
        )

    @classmethod
    def example(cls) -> Self:
        return cls(tables=("imports_raw",))


class PlanFilesChanged(HrmsopsError):
    """The files of a replay or undo are not those that were written.

    They hold people's data and are applied as they are: their hashes stand in the manifest.
    """

    code: ClassVar[str] = "plan-files-changed"
    exit_code: ClassVar[ExitCode] = ExitCode.CONFLICT

    def __init__(self, *, folder: str, files: tuple[str, ...]) -> None:
        super().__init__(
            what=f"Nothing of {folder} was applied.",
            why=f"Missing or changed since it was written: {', '.join(files)}.",
            fix="Make the plan again.",
        )

    @classmethod
    def example(cls) -> Self:
        return cls(folder="replays/261123-104512-7f3a", files=("payroll_payslip.jsonl",))


class ReplayBusy(HrmsopsError):
    """Another session applies the same plan to the same database just now."""

    code: ClassVar[str] = "replay-busy"
    exit_code: ClassVar[ExitCode] = ExitCode.CONFLICT

    def __init__(self, *, plan: str) -> None:
        super().__init__(
            what=f"Plan {plan} is being applied by another session.",
            why="It holds the plan's advisory lock in the target.",
            fix="hrmsops runs",
        )

    @classmethod
    def example(cls) -> Self:
        return cls(plan="9f2c51d0a7b34e18")


class ReplayInterrupted(HrmsopsError):
    """The database ended a statement while changes were being applied.

    Each batch was committed with its checkpoint: applying the same plan again goes on behind the
    last one. 55P03 is a lock that was not had in time, 57014 a statement timeout.
    """

    code: ClassVar[str] = "replay-interrupted"
    exit_code: ClassVar[ExitCode] = ExitCode.HALFWAY

    def __init__(self, *, address: str, sqlstate: str | None, kind: str) -> None:
        super().__init__(
            what=f"The replay on {address} stopped half-way.",
            why=f"SQLSTATE {sqlstate} ({kind})." if sqlstate else f"The connection broke ({kind}).",
            fix="hrmsops resume",
        )

    @classmethod
    def example(cls) -> Self:
        return cls(address="10.12.0.3:5432", sqlstate="55P03", kind="LockNotAvailable")


class LogNotReplayable(HrmsopsError):
    """A line of the application's log of committed writes lacks what a replay needs.

    A line is one JSON object with table, key, op (insert, update, delete), columns (those that were
    written, with their values after), transaction (the number of pg_current_xact_id()) and
    committed_at (with a zone).
    """

    code: ClassVar[str] = "log-not-replayable"
    exit_code: ClassVar[ExitCode] = ExitCode.USAGE

    def __init__(self, *, file: str, line: int, lacks: str) -> None:
        super().__init__(
            what=f"Line {line} of {file} cannot be replayed.",
            why=lacks,
            fix=f"sed -n {line}p {file}",
        )

    @classmethod
    def example(cls) -> Self:
        return cls(file="committed.jsonl", line=7, lacks="There is no transaction in it.")


class LogUnreadable(HrmsopsError):
    """The application's log of committed writes, named with `--from`, cannot be read."""

    code: ClassVar[str] = "log-unreadable"
    exit_code: ClassVar[ExitCode] = ExitCode.USAGE

    def __init__(self, *, file: str, why: str) -> None:
        super().__init__(
            what=f"{file} cannot be read.",
            why=why,
            fix="gcloud logging read 'jsonPayload.message=\"committed\"' --format=json > FILE",
        )

    @classmethod
    def example(cls) -> Self:
        return cls(file="committed.jsonl", why="No such file or directory.")


class ColumnNotMapped(HrmsopsError):
    """`--map` names a column that did not go away, or one that did not come with the migration.

    A renamed column is one that the recovered schema alone has and one that the old database alone
    has: `--map TABLE.RECOVERED=OLD`.
    """

    code: ClassVar[str] = "column-not-mapped"
    exit_code: ClassVar[ExitCode] = ExitCode.USAGE

    def __init__(
        self, *, table: str, column: str, called: str, gone: tuple[str, ...], new: tuple[str, ...]
    ) -> None:
        super().__init__(
            what=f"{table}.{column} was not renamed to {called}.",
            why=(
                f"Only the recovered schema has {', '.join(gone) or 'nothing'}; "
                f"only the old database has {', '.join(new) or 'nothing'}."
            ),
            fix=f"--map {table}.{gone[0]}={new[0]}" if gone and new else "Leave --map out.",
        )

    @classmethod
    def example(cls) -> Self:
        return cls(
            table="payroll_payslipline",
            column="amount",
            called="total",
            gone=("amount",),
            new=("amount_due",),
        )
