"""Why a backup is not taken, not chosen, or not restored."""

from __future__ import annotations

from typing import ClassVar, Self

from hrmsops.errors.base import ExitCode, HrmsopsError


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


class NoBackup(HrmsopsError):
    """There is no successful backup of the instance that serves.

    A backup of the instance that it was recovered from is never taken silently: it may hold the
    very damage that was recovered from. Name it where you mean it. Where there is none at all, only
    the application's own log of committed writes is left.
    """

    code = "no-backup"
    exit_code: ClassVar[ExitCode] = ExitCode.REFUSED

    def __init__(self, *, instance: str, others: tuple[str, ...]) -> None:
        there_are = f"There are {'; '.join(others)}." if others else "Nor of one before it."
        super().__init__(
            what=f"There is no successful backup of {instance}.",
            why=there_are,
            fix=f"--backup {others[0].split()[0]}" if others else "gcloud sql backups list",
        )

    @classmethod
    def example(cls) -> Self:
        return cls(
            instance="nhia-hrms-production-pg-0001-261123-104512-7f3a",
            others=(
                "1763892312000 of nhia-hrms-production-pg-0001, ended 2026-11-23 02:03:11 UTC",
            ),
        )


class BackupUnknown(HrmsopsError):
    """The project has no backup of that number or name, or this account may not see it."""

    code = "backup-unknown"
    exit_code: ClassVar[ExitCode] = ExitCode.USAGE

    def __init__(self, *, backup: str, near: tuple[str, ...]) -> None:
        super().__init__(
            what=f"There is no backup {backup}.",
            why=f"The nearest: {'; '.join(near)}." if near else "The project shows none at all.",
            fix="hrmsops rollback backup --backup latest --dry-run",
        )

    @classmethod
    def example(cls) -> Self:
        return cls(
            backup="1763892312",
            near=("1763892312000 of nhia-hrms-production-pg-0001, ended 2026-11-23 02:03:11 UTC",),
        )


class BackupNotUsable(HrmsopsError):
    """The backup that was named is not whole: it failed, is still being taken, or is being deleted.

    Only a SUCCESSFUL one is restored.
    """

    code = "backup-not-usable"
    exit_code: ClassVar[ExitCode] = ExitCode.REFUSED

    def __init__(self, *, backup: str, status: str, why: str) -> None:
        said = f" {why}" if why else ""
        super().__init__(
            what=f"Backup {backup} cannot be restored.",
            why=f"Its status is {status or 'unknown'}.{said}",
            fix="hrmsops rollback backup --backup latest --dry-run",
        )

    @classmethod
    def example(cls) -> Self:
        return cls(backup="1763892312000", status="FAILED", why="Backup failed.")


class BackupOfAnotherInstance(HrmsopsError):
    """The backup is of an instance that has nothing to do with this service, as far as is known.

    The instance that serves, those that it was recovered from, and the configured one are its own.
    A backup of staging in production is a mistake that looks like a success.
    """

    code = "backup-of-another-instance"
    exit_code: ClassVar[ExitCode] = ExitCode.REFUSED

    def __init__(self, *, backup: str, instance: str, serving: str) -> None:
        super().__init__(
            what=f"Backup {backup} is of {instance}.",
            why=f"The service uses {serving}.",
            fix=f"Name a backup of {serving}, or add --accept {self.code}.",
        )

    @classmethod
    def example(cls) -> Self:
        return cls(
            backup="1763892312000",
            instance="nhia-hrms-staging-pg-0001",
            serving="nhia-hrms-production-pg-0001",
        )


class BackupOfAnotherVersion(HrmsopsError):
    """The backup was taken before (or after) a major upgrade of PostgreSQL.

    A new instance gets the version of the backup, which can be accepted by this refusal's code.
    Cloud SQL restores no backup over an instance of another version.
    """

    code = "backup-of-another-version"
    exit_code: ClassVar[ExitCode] = ExitCode.REFUSED

    def __init__(self, *, backup: str, version: str, instance: str, serving: str) -> None:
        super().__init__(
            what=f"Backup {backup} is of {version}.",
            why=f"{instance} runs {serving}.",
            fix=f"Name a backup of {serving}, or restore anew with --accept {self.code}.",
        )

    @classmethod
    def example(cls) -> Self:
        return cls(
            backup="1763892312000",
            version="POSTGRES_14",
            instance="nhia-hrms-production-pg-0001",
            serving="POSTGRES_15",
        )


class RestoreFailed(HrmsopsError):
    """Cloud SQL took the request for a restore and could not carry it out.

    Into a new instance: what serves is untouched, and what is left of the new one is not deleted.
    In place: look at the instance before anything else; `hrmsops resume` asks once more.
    """

    code = "restore-failed"

    def __init__(self, *, instance: str, why: str) -> None:
        super().__init__(
            what=f"Cloud SQL could not restore the backup into {instance}.",
            why=why,
            fix=f"gcloud sql operations list --instance={instance}",
        )

    @classmethod
    def example(cls) -> Self:
        return cls(
            instance="nhia-hrms-production-pg-0001-261123-104512-7f3a", why="Internal error."
        )


class ReplicasInTheWay(HrmsopsError):
    """An instance with read replicas is not restored in place.

    They would go on showing the old data. Restore into a new instance (leave out `--in-place`), or
    delete the replicas first and make them anew afterwards.
    """

    code = "replicas-in-the-way"
    exit_code: ClassVar[ExitCode] = ExitCode.REFUSED

    def __init__(self, *, instance: str, replicas: tuple[str, ...]) -> None:
        super().__init__(
            what=f"{instance} has read replicas: {', '.join(replicas)}.",
            why="Cloud SQL restores in place only where there are none.",
            fix="Leave out --in-place.",
        )

    @classmethod
    def example(cls) -> Self:
        return cls(
            instance="nhia-hrms-production-pg-0001",
            replicas=("nhia-hrms-production-pg-0001-replica",),
        )


class NoFreshBackup(HrmsopsError):
    """A restore in place destroys what is there now, and no backup of that can be taken first.

    Nothing of today's data would be left. Restore into a new instance (leave out `--in-place`);
    where the instance is lost anyway, accept the refusal by its code.
    """

    code = "no-fresh-backup"
    exit_code: ClassVar[ExitCode] = ExitCode.REFUSED

    def __init__(self, *, instance: str, state: str) -> None:
        super().__init__(
            what=f"No backup of {instance} can be taken before it is overwritten.",
            why=f"It does not run (state {state or 'unknown'}).",
            fix=f"Leave out --in-place, or add --accept {self.code}.",
        )

    @classmethod
    def example(cls) -> Self:
        return cls(instance="nhia-hrms-production-pg-0001", state="FAILED")


class NothingToRestoreInto(HrmsopsError):
    """`--in-place` was asked for, and the instance is gone.

    A backup that outlived it is restored into a new instance: leave out `--in-place`.
    """

    code = "nothing-to-restore-into"
    exit_code: ClassVar[ExitCode] = ExitCode.REFUSED

    def __init__(self, *, instance: str) -> None:
        super().__init__(
            what=f"There is no instance {instance} to restore into.",
            why="It was deleted, or you may not see it.",
            fix="Leave out --in-place.",
        )

    @classmethod
    def example(cls) -> Self:
        return cls(instance="nhia-hrms-production-pg-0001")
