"""Why a database is not recovered, or a recovered one not trusted."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import ClassVar, Self

from hrmsops.errors.base import ExitCode, HrmsopsError


class MomentAhead(HrmsopsError):
    """Point-in-time recovery was asked for a moment that has not come yet.

    By the cloud's clock, which the database and its logs go by. Mostly the zone is not the one that
    was meant: `09:14+02:00` is `07:14Z`. Nothing was changed.
    """

    code = "moment-ahead"
    exit_code: ClassVar[ExitCode] = ExitCode.REFUSED

    def __init__(self, *, asked: datetime, now: datetime) -> None:
        ahead = (asked - now).total_seconds()
        sizes = ((86_400, "days"), (3_600, "hours"), (60, "minutes"), (1, "seconds"))
        size, unit = next((each for each in sizes if ahead >= 2 * each[0]), sizes[-1])
        distance = f"{ahead / size:.0f} {unit}"
        super().__init__(
            what=f"{asked:%Y-%m-%d %H:%M:%S} UTC has not come yet.",
            why=f"By the cloud's clock it is {now:%Y-%m-%d %H:%M:%S} UTC, {distance} before it.",
            fix=(
                "Say a moment before the damage, with its zone; "
                f"the latest there is: --at {now:%Y-%m-%dT%H:%M:%SZ}"
            ),
        )

    @classmethod
    def example(cls) -> Self:
        return cls(
            asked=datetime(2026, 11, 23, 12, 14, tzinfo=UTC),
            now=datetime(2026, 11, 23, 10, 41, 3, tzinfo=UTC),
        )


class MomentOutOfReach(HrmsopsError):
    """Point-in-time recovery was asked for a moment before the oldest log that is kept.

    Before the window there is only a backup as it was taken.
    """

    code = "moment-out-of-reach"
    exit_code: ClassVar[ExitCode] = ExitCode.REFUSED

    def __init__(
        self, *, asked: datetime, earliest: datetime, latest: datetime, nearest: tuple[str, ...]
    ) -> None:
        backups = f" Nearest backups: {', '.join(nearest)}." if nearest else " There is no backup."
        super().__init__(
            what=f"The database cannot go back to {asked:%Y-%m-%d %H:%M:%S} UTC.",
            why=(
                f"Its logs reach from {earliest:%Y-%m-%d %H:%M:%S} to {latest:%Y-%m-%d %H:%M:%S} "
                f"UTC.{backups}"
            ),
            fix=f"--at {_next_second(earliest):%Y-%m-%dT%H:%M:%SZ}",
        )

    @classmethod
    def example(cls) -> Self:
        return cls(
            asked=datetime(2026, 11, 10, 9, 14, tzinfo=UTC),
            earliest=datetime(2026, 11, 16, 2, 0, 11, tzinfo=UTC),
            latest=datetime(2026, 11, 23, 10, 41, 3, tzinfo=UTC),
            nearest=("1763258400000 of 2026-11-16 02:00:11 UTC",),
        )


class InstanceStopped(HrmsopsError):
    """The instance is not running: stopped by its owner, suspended, or under maintenance.

    Nothing of it was changed. One that its owner has stopped is started by hand: ask first why it
    was.
    """

    code = "instance-stopped"
    exit_code: ClassVar[ExitCode] = ExitCode.REFUSED

    def __init__(self, *, instance: str, state: str, policy: str) -> None:
        start = f"gcloud sql instances patch {instance} --activation-policy=ALWAYS"
        is_stopped = policy == "NEVER"
        super().__init__(
            what=f"{instance} is not running.",
            why=(
                "Its owner has stopped it (activation policy NEVER)."
                if is_stopped
                else f"Its state is {state or 'unknown'}."
            ),
            fix=start if is_stopped else f"gcloud sql instances describe {instance}",
        )

    @classmethod
    def example(cls) -> Self:
        return cls(instance="nhia-hrms-production-pg-0001", state="RUNNABLE", policy="NEVER")


class PitrNotEnabled(HrmsopsError):
    """The instance keeps no logs, so it can only go back to a backup as it was taken."""

    code = "pitr-not-enabled"
    exit_code: ClassVar[ExitCode] = ExitCode.REFUSED

    def __init__(self, *, instance: str) -> None:
        super().__init__(
            what=f"{instance} cannot be recovered to a moment.",
            why="Point-in-time recovery is not enabled on it.",
            fix=f"gcloud sql backups list --instance={instance}",
        )

    @classmethod
    def example(cls) -> Self:
        return cls(instance="nhia-hrms-production-pg-0001")


class DatabaseUnbound(HrmsopsError):
    """No instance is known: neither the serving revision nor the configuration names one."""

    code = "database-unbound"
    exit_code: ClassVar[ExitCode] = ExitCode.USAGE

    def __init__(self, *, service: str, environment: str) -> None:
        super().__init__(
            what=f"It is not known which instance {service} uses.",
            why="The serving revision mounts no Cloud SQL instance, and none is configured.",
            fix=f'Set instance = "NAME" in [environments.{environment}].',
        )

    @classmethod
    def example(cls) -> Self:
        return cls(service="nhia-hrms-production-api", environment="production")


class CloneFailed(HrmsopsError):
    """Cloud SQL took the request for a clone and could not carry it out.

    The damaged database is untouched. What is left of the clone is not deleted: look at it, then
    ask again, which makes another one under another name.
    """

    code = "clone-failed"

    def __init__(self, *, clone: str, why: str) -> None:
        super().__init__(
            what=f"Cloud SQL could not make {clone}.",
            why=why,
            fix=f"gcloud sql operations list --instance={clone}",
        )

    @classmethod
    def example(cls) -> Self:
        return cls(
            clone="nhia-hrms-production-pg-0001-261123-104512-7f3a",
            why="Recovery ended before the configured target was reached.",
        )


class ChecksFailed(HrmsopsError):
    """The recovered database does not pass the checks of `[environments.NAME.checks]`.

    It is not promoted. Look at it, choose an earlier moment, or accept the refusal by its code.
    """

    code = "checks-failed"
    exit_code: ClassVar[ExitCode] = ExitCode.UNVERIFIED

    def __init__(self, *, instance: str, failed: tuple[str, ...]) -> None:
        super().__init__(
            what=f"{instance} does not pass: {', '.join(failed)}.",
            why="Each check is a query of the configuration that must answer true.",
            fix="Recover to an earlier moment, or mend the query in hrmsops.toml.",
        )

    @classmethod
    def example(cls) -> Self:
        return cls(
            instance="nhia-hrms-production-pg-0001-261123-104512-7f3a",
            failed=("payslips_have_lines",),
        )


class RecoveredEmpty(HrmsopsError):
    """The recovered database holds no application: not one migration is applied in it.

    The backup or the moment is from before the application was installed, or the database that is
    configured is another. It is not promoted.
    """

    code = "recovered-empty"
    exit_code: ClassVar[ExitCode] = ExitCode.UNVERIFIED

    def __init__(self, *, instance: str) -> None:
        super().__init__(
            what=f"{instance} answers, and there is no application in it.",
            why="Its django_migrations is empty or missing.",
            fix="Choose a later backup or moment, or correct database.name in hrmsops.toml.",
        )

    @classmethod
    def example(cls) -> Self:
        return cls(instance="nhia-hrms-production-pg-0001-261123-104512-7f3a")


class MomentTooLate(HrmsopsError):
    """The recovered database already has the migration that it was to be without.

    `--before-migration` goes back to the moment that Django recorded, which is read from the clock
    of whoever migrated. Where that clock is ahead of the database's, the migration had committed by
    then. The clone is not promoted; ask again for a moment a little earlier. What users wrote
    between that moment and the migration, and it then overwrote, is in neither database.
    """

    code = "moment-too-late"
    exit_code: ClassVar[ExitCode] = ExitCode.UNVERIFIED

    def __init__(self, *, instance: str, migration: str) -> None:
        super().__init__(
            what=f"{instance} has {migration} already.",
            why="The clock of whoever migrated is ahead of the database's.",
            fix="Say the moment with --at: a second before the one that the plan showed.",
        )

    @classmethod
    def example(cls) -> Self:
        return cls(
            instance="nhia-hrms-production-pg-0001-261123-104512-7f3a",
            migration="payroll.0003_amounts",
        )


def _next_second(moment: datetime) -> datetime:
    """A moment that is written in whole seconds and is not before it."""
    return moment.replace(microsecond=0) + timedelta(seconds=1 if moment.microsecond else 0)
