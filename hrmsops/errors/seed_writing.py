"""Why the database was left as it was by a seed."""

from __future__ import annotations

from typing import ClassVar, Self

from hrmsops.errors.base import ExitCode, HrmsopsError
from hrmsops.errors.failure_words import listed

NOT_NULL = "23502"
_LACKING = (
    "Seed with the code that knows the column, or give it a default; "
    "hrmsops migrations shows which code is there."
)


class SeedKeysTwice(HrmsopsError):
    """Two rows of the database have the key by which reference data name one."""

    code: ClassVar[str] = "seed-keys-twice"
    exit_code: ClassVar[ExitCode] = ExitCode.REFUSED

    def __init__(self, *, table: str, relation: str, keys: tuple[str, ...]) -> None:
        super().__init__(
            what=f"{relation} has rows of {table} twice.",
            why=f"Each of these keys names more than one row: {listed(keys)}.",
            fix="Decide which of them stays, or name the other fixtures with --only.",
        )

    @classmethod
    def example(cls) -> Self:
        return cls(table="roles", relation="core_role", keys=("auditor",))


class SeedParentsMissing(HrmsopsError):
    """Rows refer to rows that neither the database has nor the seed brings."""

    code: ClassVar[str] = "seed-parents-missing"
    exit_code: ClassVar[ExitCode] = ExitCode.REFUSED

    def __init__(self, *, table: str, parents: tuple[str, ...], keys: tuple[str, ...]) -> None:
        super().__init__(
            what=f"Rows of {table} have nothing to refer to.",
            why=f"There is no row of {listed(parents)} for {listed(keys)}.",
            fix=f"hrmsops seed {' '.join(f'--only {each}' for each in (*parents, table))}",
        )

    @classmethod
    def example(cls) -> Self:
        return cls(table="payroll_roles", parents=("permissions",), keys=("payroll.pay",))


class SeedOutdated(HrmsopsError):
    """Between the plan and its execution somebody changed the rows, the models or the data."""

    code: ClassVar[str] = "seed-outdated"
    exit_code: ClassVar[ExitCode] = ExitCode.CONFLICT

    def __init__(self, *, tables: tuple[str, ...]) -> None:
        super().__init__(
            what="What would be written is not what the plan shows; nothing was written.",
            why=f"Rows, models or data of {listed(tables)} have changed since it was made.",
            fix="hrmsops seed --dry-run --diff",
        )

    @classmethod
    def example(cls) -> Self:
        return cls(tables=("leave_types",))


class SeedNotKept(HrmsopsError):
    """The database keeps other values than were written, so the next seed would write them again.

    A trigger changes them, or the rows are hidden from the role that reads.
    """

    code: ClassVar[str] = "seed-not-kept"

    def __init__(self, *, table: str, relation: str, fields: tuple[str, ...]) -> None:
        super().__init__(
            what=f"{relation} did not keep what was written; all was taken back.",
            why=f"Rows of {table} differ again right after: {listed(fields) or 'they are gone'}.",
            fix=f"Look at the triggers of {relation}.",
        )

    @classmethod
    def example(cls) -> Self:
        return cls(table="roles", relation="core_role", fields=("name",))


class SeedRowsHidden(HrmsopsError):
    """Row security holds for the role that seeds: rows that it hides would be written once more."""

    code: ClassVar[str] = "seed-rows-hidden"
    exit_code: ClassVar[ExitCode] = ExitCode.REFUSED

    def __init__(self, *, relations: tuple[str, ...], role: str) -> None:
        super().__init__(
            what=f"Nobody can tell which rows {listed(relations)} has.",
            why=f"Its policies hold for {role} too, and hide rows from whoever they hold for.",
            fix="Seed as its owner (owner_role); if that one does already: "
            f"ALTER TABLE {relations[0]} NO FORCE ROW LEVEL SECURITY.",
        )

    @classmethod
    def example(cls) -> Self:
        return cls(relations=("core_role",), role="hrms_app")


class SeedRefused(HrmsopsError):
    """The database refused a row; the transaction was taken back, and nothing was written."""

    code: ClassVar[str] = "seed-refused"

    def __init__(self, *, table: str, sqlstate: str | None, kind: str, about: str) -> None:
        where = f" ({about})" if about else ""
        super().__init__(
            what=f"The database took none of the rows, because of {table}.",
            why=f"{kind}, SQLSTATE {sqlstate or 'unknown'}{where}.",
            fix=_LACKING if sqlstate == NOT_NULL else "hrmsops seed --dry-run --diff",
        )

    @classmethod
    def example(cls) -> Self:
        return cls(
            table="roles", sqlstate="23514", kind="CheckViolation", about="core_role_code_check"
        )


class SeedLocked(HrmsopsError):
    """Somebody holds the tables; they were tried for in short attempts, so that nobody waited."""

    code: ClassVar[str] = "seed-locked"

    def __init__(self, *, seconds: float, attempts: int) -> None:
        super().__init__(
            what="The tables of the reference data could not be had; nothing was written.",
            why=f"Somebody held one of them through {attempts} attempts in {seconds:.0f} s.",
            fix="hrmsops seed",
        )

    @classmethod
    def example(cls) -> Self:
        return cls(seconds=10, attempts=21)


class SeedTableAbsent(HrmsopsError):
    """A table or a column of the models is not in the database: migrations are left to apply."""

    code: ClassVar[str] = "seed-table-absent"

    def __init__(self, *, relations: tuple[str, ...], said: str) -> None:
        super().__init__(
            what=f"The database lacks a table or column of {listed(relations)}.",
            why=f"PostgreSQL says: {said}.",
            fix="hrmsops migrate",
        )

    @classmethod
    def example(cls) -> Self:
        return cls(relations=("core_role",), said='relation "core_role" does not exist')
