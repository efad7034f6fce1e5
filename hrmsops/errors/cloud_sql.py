"""What Cloud SQL can answer instead of what was asked."""

from __future__ import annotations

from typing import ClassVar, Self

from hrmsops.errors.base import ExitCode, HrmsopsError


class InstanceBusy(HrmsopsError):
    """Cloud SQL does one thing at a time with an instance, and it is doing another.

    A backup or a restart ends by itself; hrmsops waits for a bounded time, and says meanwhile which
    operation it is and who began it.
    """

    code = "instance-busy"
    exit_code: ClassVar[ExitCode] = ExitCode.CONFLICT

    def __init__(self, *, instance: str, why: str, by: str = "another operation") -> None:
        self.instance = instance
        super().__init__(
            what=f"{instance} is busy with {by}.",
            why=why,
            fix=f"gcloud sql operations list --instance={instance} --limit=3",
        )

    @classmethod
    def example(cls) -> Self:
        return cls(
            instance="nhia-hrms-production-pg-0001",
            why="Operation failed because another operation was already in progress.",
        )


class InstanceExists(HrmsopsError):
    """An instance of that name is there already, and it was not made by this run.

    Cloud SQL does not say what an instance was cloned from, so only one whose name ends in the
    run's id is taken for its own.
    """

    code = "instance-exists"
    exit_code: ClassVar[ExitCode] = ExitCode.CONFLICT

    def __init__(self, *, instance: str) -> None:
        super().__init__(
            what=f"An instance {instance} exists already.",
            why="It does not carry this run's id, so it may be somebody else's.",
            fix="Choose another beginning of the name with --clone-name.",
        )

    @classmethod
    def example(cls) -> Self:
        return cls(instance="nhia-hrms-production-pg-recovery")


class InstanceMissing(HrmsopsError):
    """The instance is not there, or this account may not see it."""

    code = "instance-missing"

    def __init__(self, *, instance: str, why: str) -> None:
        super().__init__(
            what=f"There is no instance {instance}, or you may not see it.",
            why=why,
            fix="Check project and instance in hrmsops.toml, and the account in the banner.",
        )

    @classmethod
    def example(cls) -> Self:
        return cls(
            instance="nhia-hrms-production-pg-0009", why="The Cloud SQL instance does not exist."
        )


class BackupMissing(HrmsopsError):
    """There is no successful backup that this recovery could begin from.

    A clone to a moment needs a backup that ended before it. Choose a later moment, or restore a
    backup as it is.
    """

    code = "backup-missing"
    exit_code: ClassVar[ExitCode] = ExitCode.REFUSED

    def __init__(self, *, instance: str, why: str) -> None:
        super().__init__(
            what=f"No backup of {instance} fits.",
            why=why,
            fix=f"gcloud sql backups list --instance={instance}",
        )

    @classmethod
    def example(cls) -> Self:
        return cls(
            instance="nhia-hrms-production-pg-0001",
            why="No successful backup ended before the moment that was asked for.",
        )


class QuotaUsedUp(HrmsopsError):
    """The project may have no more of this: instances, disk or processors. Waiting does not help.

    Nothing was made. Ask Google for more (IAM & Admin, Quotas), which can take hours, or delete an
    instance that nobody needs: never the superseded one before the recovery is over.
    """

    code = "quota-used-up"

    def __init__(self, *, doing: str, why: str) -> None:
        super().__init__(
            what=f"Could not {doing}: the project's quota is used up.",
            why=why,
            fix="gcloud sql instances list",
        )

    @classmethod
    def example(cls) -> Self:
        return cls(
            doing="restore 1763892312000 into nhia-hrms-production-pg-0001-261123-104512-7f3a",
            why="Quota exceeded: at most 40 instances per project.",
        )
