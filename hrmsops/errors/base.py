"""The one shape of every error, and what each exit code promises."""

from __future__ import annotations

from enum import IntEnum
from typing import ClassVar, Self


class ExitCode(IntEnum):
    """What a script may branch on; a person reads the sentences instead."""

    DONE = 0
    INTERNAL = 1
    USAGE = 2
    REFUSED = 3
    DECLINED = 4
    CONFLICT = 5
    HALFWAY = 6
    UNVERIFIED = 7
    RUNNING = 8
    UNAUTHORISED = 9
    FAILED = 10
    INTERRUPTED = 130
    TERMINATED = 143


class HrmsopsError(Exception):
    """An error that an operator can act on: shown without a traceback, as what, why and fix.

    The class's docstring is its page in `hrmsops explain CODE` and in the docs.
    """

    code: ClassVar[str]
    exit_code: ClassVar[ExitCode] = ExitCode.FAILED

    def __init__(self, *, what: str, why: str, fix: str) -> None:
        super().__init__(f"{self.code}: {what}")
        self.what, self.why, self.fix = what, why, fix

    @classmethod
    def example(cls) -> Self:
        """The error as an operator might meet it, for the docs and for the tests."""
        raise NotImplementedError(cls.__name__)
