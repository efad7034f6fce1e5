"""Why rows are not copied back, or a copy not taken back."""

from __future__ import annotations

from typing import ClassVar, Self

from hrmsops.errors.base import ExitCode, HrmsopsError


class CloneServes(HrmsopsError):
    """The recovered instance takes the traffic already: its rows are the ones that are served.

    What was written in the old database since is brought over by `replay`.
    """

    code: ClassVar[str] = "clone-serves"
    exit_code: ClassVar[ExitCode] = ExitCode.REFUSED

    def __init__(self, *, instance: str, run: str) -> None:
        super().__init__(
            what=f"{instance} serves; there is no other database to copy its rows into.",
            why=f"The service is bound to the instance that run {run} made.",
            fix=f"hrmsops replay {run}",
        )

    @classmethod
    def example(cls) -> Self:
        return cls(instance="nhia-hrms-production-pg-261123-104512-7f3a", run="261123-104512-7f3a")


class NothingCopied(HrmsopsError):
    """The run named to `rollback undo-copy` did not copy rows, or not to its end."""

    code: ClassVar[str] = "nothing-copied"
    exit_code: ClassVar[ExitCode] = ExitCode.USAGE

    def __init__(self, *, run: str, why: str) -> None:
        super().__init__(
            what=f"Run {run} copied no rows that could be taken back.",
            why=why,
            fix=f"hrmsops runs show {run}",
        )

    @classmethod
    def example(cls) -> Self:
        return cls(run="261123-104512-7f3a", why="It is a rollback app.")


class UndoGone(HrmsopsError):
    """The files that say how the rows were are not on this machine any more.

    They lie below the state folder of whoever copied (HRMSOPS_STATE_DIR), and are removed by
    `replay --purge`. The recovered instance, while it exists, still holds what it had.
    """

    code: ClassVar[str] = "undo-gone"
    exit_code: ClassVar[ExitCode] = ExitCode.REFUSED

    def __init__(self, *, run: str, folder: str) -> None:
        super().__init__(
            what=f"What run {run} overwrote is not on record here.",
            why=f"There are no undo files in {folder}.",
            fix="Set HRMSOPS_STATE_DIR to the folder that it was copied with.",
        )

    @classmethod
    def example(cls) -> Self:
        return cls(
            run="261123-104512-7f3a",
            folder="/home/ama/.local/state/hrmsops/replays/261123-104512-7f3a/undo",
        )
