"""What a schema can have against a revision."""

from __future__ import annotations

from typing import ClassVar, Self

from hrmsops.errors.base import ExitCode, HrmsopsError


class SchemaDoesNotFit(HrmsopsError):
    """The revision to go back to does not run on today's schema: a migration since breaks it.

    Its code would fail on what the migration took away or demands. `hrmsops rollback --advise`
    shows the way back that fits: the migration is reversed first, or the database goes back in
    time. Accept this refusal by its code (`--accept schema-does-not-fit`) where you know better.
    """

    code = "schema-does-not-fit"
    exit_code: ClassVar[ExitCode] = ExitCode.REFUSED

    def __init__(self, *, revision: str, why: str) -> None:
        super().__init__(
            what=f"{revision} does not run on today's schema.",
            why=why,
            fix="hrmsops rollback --advise",
        )

    @classmethod
    def example(cls) -> Self:
        return cls(
            revision="nhia-hrms-production-api-00001-abc",
            why="payroll.0003_lossy takes from it what it needs: payslip.net is gone",
        )
