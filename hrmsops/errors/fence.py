"""Why the old database cannot be closed to the application."""

from __future__ import annotations

from typing import ClassVar, Self

from hrmsops.errors.base import ExitCode, HrmsopsError


class FenceImpossible(HrmsopsError):
    """The old database cannot be reached, so nobody can be kept from writing to it.

    Where the instance is gone or down for good, that is no loss. Where only this machine cannot
    reach it, the application may go on writing there what nobody will ever read. To cut over
    without a fence, accept the refusal by its code; what stands on it (the list of what has left
    the building, the capture of later writes) is left out too, and said.
    """

    code = "fence-impossible"
    exit_code: ClassVar[ExitCode] = ExitCode.REFUSED

    def __init__(self, *, instance: str, why: str) -> None:
        super().__init__(
            what=f"{instance} cannot be fenced.",
            why=why,
            fix="Make it reachable, or add --accept fence-impossible.",
        )

    @classmethod
    def example(cls) -> Self:
        return cls(instance="nhia-hrms-production-pg-0001", why="Connection refused")


class NothingToFence(HrmsopsError):
    """The configuration names no role of the application, so no fence could be put up."""

    code = "nothing-to-fence"
    exit_code: ClassVar[ExitCode] = ExitCode.USAGE

    def __init__(self, *, environment: str) -> None:
        super().__init__(
            what="It is not known which roles the application logs in as.",
            why=f"app_roles is empty in [environments.{environment}.database].",
            fix='Add app_roles = ["ROLE"] there.',
        )

    @classmethod
    def example(cls) -> Self:
        return cls(environment="production")
