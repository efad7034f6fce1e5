"""What `doctor` cannot be asked."""

from __future__ import annotations

from typing import ClassVar, Self

from hrmsops.errors.base import ExitCode, HrmsopsError


class CommandUnknown(HrmsopsError):
    """`doctor --for` was given something that is no command, or one that needs nothing.

    A group stands for all that is in it: `--for rollback` is what the wizard may come to.
    """

    code = "command-unknown"
    exit_code: ClassVar[ExitCode] = ExitCode.USAGE

    def __init__(self, *, asked: str, known: tuple[str, ...]) -> None:
        super().__init__(
            what=f"There is nothing to look at for {asked!r}.",
            why=f"It needs nothing, or is no command. What needs something: {', '.join(known)}.",
            fix=f"hrmsops doctor --for '{known[0]}'",
        )

    @classmethod
    def example(cls) -> Self:
        return cls(asked="rolback pitr", known=("rollback pitr", "rollback app"))
