"""Why `hrmsops init` did not write into the HRMS's repository."""

from __future__ import annotations

from typing import Self

from hrmsops.errors.base import ExitCode, HrmsopsError


class FileNotWritable(HrmsopsError):
    """A file of the HRMS's repository could not be read or written.

    Each file is written whole or not at all. Those before it are in their places; to run the same
    command again leaves them as they are.
    """

    code = "file-not-writable"
    exit_code = ExitCode.USAGE

    def __init__(self, *, file: str, problem: str) -> None:
        super().__init__(
            what=f"{file} cannot be written.",
            why=f"The system says: {problem}.",
            fix="Make room or rights for it, and run the same command again.",
        )

    @classmethod
    def example(cls) -> Self:
        return cls(file="scripts/migration/run-migrations.sh", problem="Permission denied")
