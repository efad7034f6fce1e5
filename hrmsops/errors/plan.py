"""What can be wrong with a plan that was written to a file."""

from __future__ import annotations

from typing import ClassVar, Self

from hrmsops.errors.base import ExitCode, HrmsopsError


class PlanChanged(HrmsopsError):
    """The plan that was approved is not the plan that today's facts lead to.

    Something happened between the approval and now: a deploy, another rollback, a revision that
    vanished. Nothing was changed. Make the plan again, and have it approved again.
    """

    code = "plan-changed"
    exit_code: ClassVar[ExitCode] = ExitCode.CONFLICT

    def __init__(self, *, approved: str, now: str, differences: tuple[str, ...]) -> None:
        super().__init__(
            what=f"The approved plan {approved} no longer fits; today's is {now}.",
            why="; ".join(differences) or "Its steps differ.",
            fix="Make it again with --plan-out, and have it approved.",
        )

    @classmethod
    def example(cls) -> Self:
        return cls(
            approved="9f2c11d0a4b7e610",
            now="02b7c5d91e3f4a88",
            differences=("to: api-00001-abc is now api-00002-def",),
        )


class PlanUnreadable(HrmsopsError):
    """The file given with `--plan` is not a plan that `--plan-out` wrote."""

    code = "plan-unreadable"
    exit_code: ClassVar[ExitCode] = ExitCode.USAGE

    def __init__(self, *, path: str, why: str) -> None:
        super().__init__(
            what=f"{path} is not a plan.",
            why=why,
            fix="Make one with --plan-out FILE.",
        )

    @classmethod
    def example(cls) -> Self:
        return cls(path="plan.json", why="It is not JSON: unexpected end of data.")


class PlanNotWritable(HrmsopsError):
    """The file given with `--plan-out` could not be written. Nothing was changed."""

    code = "plan-not-writable"
    exit_code: ClassVar[ExitCode] = ExitCode.USAGE

    def __init__(self, *, path: str, why: str) -> None:
        super().__init__(
            what=f"The plan could not be written to {path}.",
            why=why,
            fix="Name a file that you may write with --plan-out FILE.",
        )

    @classmethod
    def example(cls) -> Self:
        return cls(path="/plan.json", why="Permission denied.")
