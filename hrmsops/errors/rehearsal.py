"""What a rehearsal of a reverse found before production did, and what became of its clone."""

from __future__ import annotations

from typing import ClassVar, Self

from hrmsops.errors.base import ExitCode, HrmsopsError
from hrmsops.errors.failure_words import listed

_MISSING = "index employee_grade of employees_employee is missing"


class RehearsalFailed(HrmsopsError):
    """The reverse was tried where nobody is served, and died there. Nothing was changed.

    By default on an empty copy of the schema, in a scratch server on this machine; with
    `--rehearse clone` on a clone of the instance, which is deleted again. What dies there would
    have died half-way in production. `--rehearse none` leaves it out.
    """

    code = "rehearsal-failed"
    exit_code: ClassVar[ExitCode] = ExitCode.REFUSED

    def __init__(self, *, migration: str, why: str) -> None:
        super().__init__(
            what=f"In the rehearsal, {migration} could not be taken back.",
            why=why,
            fix="Mend its reverse, or go back in time: hrmsops rollback pitr",
        )

    @classmethod
    def example(cls) -> Self:
        return cls(
            migration="payroll.0003_amounts",
            why="The column is not there (SQLSTATE 42703), payroll_payslip.",
        )


class ReverseDiffers(HrmsopsError):
    """The reverse goes through, and leaves another schema than the migrations before it make.

    The rehearsal compared tables, columns, indexes, constraints and sequences with those of a
    scratch database that was migrated just so far. What would not come back, or stay behind, is
    known before production has it. `--accept reverse-differs` goes on, and the verification after
    it expects just that; or mend the reverse.
    """

    code = "reverse-differs"
    exit_code: ClassVar[ExitCode] = ExitCode.REFUSED

    def __init__(self, *, differences: tuple[str, ...]) -> None:
        super().__init__(
            what="The reverse would not leave the schema as it was before.",
            why=f"Rehearsed, and then: {listed(differences)}.",
            fix="Mend the reverse; or --accept reverse-differs, and mend the schema afterwards.",
        )

    @classmethod
    def example(cls) -> Self:
        return cls(differences=(_MISSING,))


class ReversalUnverified(HrmsopsError):
    """The migrations were taken back, and the database is not what it should be then.

    One is still recorded, the ledger does not agree, an index is INVALID, or the schema is not
    that of a database migrated just so far. What was so before the run is told, and does not
    count. The requests stay where they are until it is mended: `resume` looks again and goes on.
    """

    code = "reversal-unverified"
    exit_code: ClassVar[ExitCode] = ExitCode.UNVERIFIED

    def __init__(self, *, findings: tuple[str, ...], run: str) -> None:
        super().__init__(
            what="The migrations are taken back, and the database is not as it should be.",
            why=f"{'; '.join(findings)}. The requests were not moved.",
            fix=f"Mend that by hand, then: hrmsops resume {run}",
        )

    @classmethod
    def example(cls) -> Self:
        return cls(findings=(_MISSING,), run="261123-104512-7f3a")


class RehearsalUnverified(HrmsopsError):
    """On the clone every migration was taken back, and the database was not as it should be.

    So it would be in production, where nothing was changed. The clone is deleted. Mend the
    reverse, or the data that it depends on.
    """

    code = "rehearsal-unverified"
    exit_code: ClassVar[ExitCode] = ExitCode.REFUSED

    def __init__(self, *, clone: str, findings: tuple[str, ...]) -> None:
        super().__init__(
            what=f"On {clone} the reverse went through, and left a database that is not right.",
            why=f"{'; '.join(findings)}.",
            fix="Mend the reverse, or go back in time: hrmsops rollback pitr",
        )

    @classmethod
    def example(cls) -> Self:
        clone = "nhia-hrms-production-pg-0001-rehearsal-261123-104512-7f3a"
        return cls(clone=clone, findings=(_MISSING,))


class CloneNotDeleted(HrmsopsError):
    """The clone of a rehearsal is still there: Cloud SQL did not delete it.

    It serves nobody, and costs what an instance costs. `resume` asks again.
    """

    code = "clone-not-deleted"
    exit_code: ClassVar[ExitCode] = ExitCode.HALFWAY

    def __init__(self, *, clone: str, why: str, run: str) -> None:
        super().__init__(
            what=f"{clone} was not deleted.",
            why=why,
            fix=f"hrmsops resume {run}",
        )

    @classmethod
    def example(cls) -> Self:
        return cls(
            clone="nhia-hrms-production-pg-0001-rehearsal-261123-104512-7f3a",
            why="An internal error occurred.",
            run="261123-104512-7f3a",
        )
