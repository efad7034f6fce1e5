"""What can go wrong while a sandbox is filled or a drill is played."""

from __future__ import annotations

from pathlib import Path
from typing import Self

from hrmsops.errors.base import ExitCode, HrmsopsError


class DeployFailed(HrmsopsError):
    """The sandbox could not deploy its HRMS in miniature.

    A job or a revision of the sandbox itself did not come up: its log says why. Logs are in the
    folder `logs` of the sandbox, one file for each process; `sandbox down` and `sandbox up` begin
    anew.
    """

    code = "deploy-failed"

    def __init__(self, *, subject: str, reason: str) -> None:
        super().__init__(
            what=f"The sandbox could not deploy {subject}.",
            why=reason[0].upper() + reason[1:].rstrip(".") + ".",
            fix="Read the newest file of the sandbox's folder logs, then: hrmsops sandbox up",
        )

    @classmethod
    def example(cls) -> Self:
        return cls(subject="nhia-hrms-staging-migrate-x7k2p", reason="its task failed")


class DrillFolderInUse(HrmsopsError):
    """`--dir` names a folder that holds something already.

    A drill makes its folder and deletes it again, so it only takes one that does not exist or is
    empty. A drill that was kept is taken down with `hrmsops sandbox down --dir DIR`.
    """

    code = "drill-folder-in-use"
    exit_code = ExitCode.USAGE

    def __init__(self, *, scenario: str, folder: Path) -> None:
        super().__init__(
            what=f"The drill {scenario} cannot be played in {folder}.",
            why="There is something in it already, and a drill deletes its folder at the end.",
            fix=f"hrmsops drill {scenario} --dir {folder}/{scenario}",
        )

    @classmethod
    def example(cls) -> Self:
        return cls(scenario="bad-release", folder=Path("rehearsals"))


class DrillStalled(HrmsopsError):
    """A drill waited for something that did not happen, so nothing was rehearsed.

    A drill needs an idle machine for half a minute. It shows nothing about production: its
    service, its database and its traffic were all made for it, and are gone.
    """

    code = "drill-stalled"

    def __init__(self, *, scenario: str, awaited: str, seconds: float) -> None:
        super().__init__(
            what=f"The drill {scenario} stopped half-way.",
            why=f"It waited {seconds:.0f} seconds in vain until {awaited}.",
            fix=f"hrmsops drill {scenario} --keep",
        )

    @classmethod
    def example(cls) -> Self:
        return cls(scenario="bad-release", awaited="the traffic was answered", seconds=30)
