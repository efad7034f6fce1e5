"""Why a backup is not taken, not chosen, or not restored."""

from __future__ import annotations

from typing import Self

from hrmsops.errors.base import HrmsopsError


class BackupNotTaken(HrmsopsError):
    """Cloud SQL took the request for a backup and could not carry it out.

    The instance and its data are untouched. `hrmsops resume` asks for another one.
    """

    code = "backup-not-taken"

    def __init__(self, *, instance: str, why: str) -> None:
        super().__init__(
            what=f"The backup of {instance} was not taken.",
            why=why or "Cloud SQL gives no reason.",
            fix=f"gcloud sql operations list --instance={instance} --limit=3",
        )

    @classmethod
    def example(cls) -> Self:
        return cls(instance="nhia-hrms-production-pg-0001", why="Backup failed.")
