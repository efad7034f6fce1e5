"""What is shown for a defect in hrmsops itself, and for a run that was interrupted."""

from __future__ import annotations

from typing import Self

from hrmsops.errors.base import ExitCode, HrmsopsError


class InternalError(HrmsopsError):
    """hrmsops itself has a defect, and stopped where it met it.

    What had been changed until then is in the journal, and the journal was written before each
    change: `hrmsops status` looks at the world and names unfinished runs. With
    `HRMSOPS_TRACEBACK=1` the same command shows the whole traceback, for the report of the defect.
    """

    code = "internal-error"
    exit_code = ExitCode.INTERNAL

    def __init__(self, *, defect: str, place: str) -> None:
        super().__init__(
            what=f"hrmsops met a defect of its own: {defect}",
            why=f"It was met at {place}, so the state of what was under way is unknown.",
            fix="hrmsops status",
        )

    @classmethod
    def example(cls) -> Self:
        return cls(defect="KeyError: 'traffic'", place="hrmsops/gcp/cloud_run.py, line 112")


class Interrupted(HrmsopsError):
    """The command was stopped by Ctrl-C before it had changed anything that needs care.

    A run that had begun is in the journal and can be resumed; `hrmsops status` names it.
    """

    code = "interrupted"
    exit_code = ExitCode.INTERRUPTED

    def __init__(self) -> None:
        super().__init__(
            what="Interrupted.",
            why="Ctrl-C was pressed.",
            fix="hrmsops status",
        )

    @classmethod
    def example(cls) -> Self:
        return cls()


class Terminated(HrmsopsError):
    """The command was ended from outside, as a cancelled CI job does it.

    A run that had begun is in the journal and can be resumed; `hrmsops status` names it.
    """

    code = "terminated"
    exit_code = ExitCode.TERMINATED

    def __init__(self) -> None:
        super().__init__(
            what="Ended from outside.",
            why="The process was sent SIGTERM.",
            fix="hrmsops status",
        )

    @classmethod
    def example(cls) -> Self:
        return cls()
