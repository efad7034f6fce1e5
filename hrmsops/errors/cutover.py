"""Why a service is not led to another database, or not yet."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import ClassVar, Self

from hrmsops.errors.base import ExitCode, HrmsopsError

CLONE = "nhia-hrms-production-pg-0001-261123-104512-7f3a"


class CloneUsersDiffer(HrmsopsError):
    """A role that the application logs in as is not on the recovered instance as it is needed.

    The recovered instance has the roles and passwords of its moment. A role that was made since is
    missing there, and a password that was changed since is the old one. Nothing was cut over.
    """

    code = "clone-users-differ"
    exit_code: ClassVar[ExitCode] = ExitCode.REFUSED

    def __init__(self, *, instance: str, findings: tuple[str, ...]) -> None:
        super().__init__(
            what=f"The application could not log in at {instance}.",
            why="; ".join(findings),
            fix=f"gcloud sql users list --instance={instance}",
        )

    @classmethod
    def example(cls) -> Self:
        return cls(instance=CLONE, findings=("hrms_app does not exist there",))


class CloneTooSmall(HrmsopsError):
    """The recovered instance takes fewer connections than the old one did.

    Under the whole traffic it would refuse sessions. Give it the old one's flags and tier, or
    accept the refusal by its code (`--accept clone-too-small`).
    """

    code = "clone-too-small"
    exit_code: ClassVar[ExitCode] = ExitCode.REFUSED

    def __init__(self, *, instance: str, has: int, needed: int) -> None:
        super().__init__(
            what=f"{instance} has room for {has} connections; {needed} are needed.",
            why="max_connections was read on both instances.",
            fix=f"gcloud sql instances describe {instance}",
        )

    @classmethod
    def example(cls) -> Self:
        return cls(instance=CLONE, has=25, needed=100)


class InstanceNotChanged(HrmsopsError):
    """Cloud SQL took a change of an instance's settings, and they are not as they were asked for.

    Nothing was cut over. `hrmsops resume` asks again for what is still missing.
    """

    code = "instance-not-changed"
    exit_code: ClassVar[ExitCode] = ExitCode.HALFWAY

    def __init__(self, *, instance: str, why: str, run: str) -> None:
        super().__init__(
            what=f"The settings of {instance} are not what they should be.",
            why=why,
            fix=f"hrmsops resume {run}",
        )

    @classmethod
    def example(cls) -> Self:
        return cls(
            instance=CLONE, why="Read back and still different: tier.", run="261123-104512-7f3a"
        )


class RevisionNotStarted(HrmsopsError):
    """The revision for the new database does not come up. No user was sent to it.

    The old database stays fenced, so nothing is written anywhere. Take the cutover back, or go on
    from the same recovered instance with another revision.
    """

    code = "revision-not-started"
    exit_code: ClassVar[ExitCode] = ExitCode.HALFWAY

    def __init__(self, *, revision: str, why: str, run: str) -> None:
        super().__init__(
            what=f"{revision} does not come up.",
            why=why,
            fix=f"hrmsops rollback cutback {run}",
        )

    @classmethod
    def example(cls) -> Self:
        return cls(
            revision="nhia-hrms-production-api-261123-104512-7f3a",
            why="The image is no longer in the registry.",
            run="261123-104512-7f3a",
        )


class RunNotContinuable(HrmsopsError):
    """`--continue` goes on from a run that has ended with a verified clone, and this is none.

    An unfinished run is gone on with by `resume`, or closed by `runs abandon` first.
    """

    code = "run-not-continuable"
    exit_code: ClassVar[ExitCode] = ExitCode.REFUSED

    def __init__(self, *, run: str, why: str, fix: str) -> None:
        super().__init__(what=f"Nothing can go on from run {run}.", why=why, fix=fix)

    @classmethod
    def example(cls) -> Self:
        run = "261123-104512-7f3a"
        return cls(run=run, why="It is unfinished.", fix=f"hrmsops resume {run}")


class RunNotCutOver(HrmsopsError):
    """`cutback` takes back a cutover, and this run has not begun one."""

    code = "run-not-cut-over"
    exit_code: ClassVar[ExitCode] = ExitCode.REFUSED

    def __init__(self, *, run: str, why: str) -> None:
        super().__init__(
            what=f"Run {run} has no cutover to take back.",
            why=why,
            fix=f"hrmsops runs show {run}",
        )

    @classmethod
    def example(cls) -> Self:
        return cls(run="261123-104512-7f3a", why="It stopped at the verified clone.")


class NothingToReturnTo(HrmsopsError):
    """A cutover cannot be taken back, since the instance that it left could not serve again.

    It is gone, or does not run, or takes no session. Nothing was changed: what serves goes on.
    """

    code = "nothing-to-return-to"
    exit_code: ClassVar[ExitCode] = ExitCode.REFUSED

    def __init__(self, *, run: str, instance: str, why: str, is_over: bool) -> None:
        super().__init__(
            what=f"{instance} cannot serve again.",
            why=why,
            fix="hrmsops rollback --advise" if is_over else f"hrmsops resume {run}",
        )

    @classmethod
    def example(cls) -> Self:
        return cls(
            run="261123-104512-7f3a",
            instance="nhia-hrms-production-pg-0001",
            why="There is no instance nhia-hrms-production-pg-0001.",
            is_over=True,
        )


class ServingUnknown(HrmsopsError):
    """No revision of the service existed at the moment that the database goes back to."""

    code = "serving-unknown"
    exit_code: ClassVar[ExitCode] = ExitCode.REFUSED

    def __init__(self, *, service: str, at: datetime) -> None:
        super().__init__(
            what=f"It is not known which revision of {service} served then.",
            why=f"Each that is still there is younger than {at:%Y-%m-%d %H:%M:%S} UTC.",
            fix="Name one that fits that schema with --revision NAME.",
        )

    @classmethod
    def example(cls) -> Self:
        at = datetime(2026, 11, 23, 9, 14, tzinfo=UTC)
        return cls(service="nhia-hrms-production-api", at=at)


class MigrationNotApplied(HrmsopsError):
    """`--before-migration` names a migration that the database does not know as applied."""

    code = "migration-not-applied"
    exit_code: ClassVar[ExitCode] = ExitCode.USAGE

    def __init__(self, *, migration: str, instance: str, near: tuple[str, ...]) -> None:
        super().__init__(
            what=f"{migration} is not applied in {instance}.",
            why=f"The nearest are {', '.join(near)}." if near else "No applied one is near.",
            fix=f"--before-migration {near[0]}" if near else "Give the moment with --at TIME.",
        )

    @classmethod
    def example(cls) -> Self:
        return cls(
            migration="payroll.0003_zero",
            instance="nhia-hrms-production-pg-0001",
            near=("payroll.0003_amounts",),
        )


class MomentNotSaid(HrmsopsError):
    """`rollback pitr` needs one moment to go back to, or a run to go on from."""

    code = "moment-not-said"
    exit_code: ClassVar[ExitCode] = ExitCode.USAGE

    def __init__(self, *, given: tuple[str, ...]) -> None:
        super().__init__(
            what="The moment to go back to has to be said once.",
            why=f"Given are {' and '.join(given)}." if given else "None is given.",
            fix="One of --at TIME, --before-migration APP.NAME, --before-run RUN, --continue RUN.",
        )

    @classmethod
    def example(cls) -> Self:
        return cls(given=("--at", "--before-run"))


class WayOnNotSaid(HrmsopsError):
    """`--continue` goes on from a verified clone, and it was not said where to.

    To the cutover, after which the clone serves; or to copying some tables back.
    """

    code = "way-on-not-said"
    exit_code: ClassVar[ExitCode] = ExitCode.USAGE

    def __init__(self, *, run: str) -> None:
        super().__init__(
            what=f"It is not said what is to be done with the clone of run {run}.",
            why="--continue begins nothing by itself.",
            fix=(
                f"hrmsops rollback pitr --continue {run} --promote, or with "
                "--tables TABLE,TABLE in its place"
            ),
        )

    @classmethod
    def example(cls) -> Self:
        return cls(run="261123-104512-7f3a")


class RemovalFailed(HrmsopsError):
    """What was taken away since the moment could not be taken away again in the recovered database.

    No traffic was shifted. The query or statement is one of `[environments.NAME.reapply]`; only the
    database's code is shown, since its words can quote a row.
    """

    code = "removal-failed"
    exit_code: ClassVar[ExitCode] = ExitCode.HALFWAY

    def __init__(self, *, name: str, sqlstate: str | None, kind: str, run: str) -> None:
        super().__init__(
            what=f"{name} could not be applied again.",
            why=f"SQLSTATE {sqlstate} ({kind})." if sqlstate else f"It broke off ({kind}).",
            fix=f"hrmsops resume {run}",
        )

    @classmethod
    def example(cls) -> Self:
        return cls(
            name="terminations", sqlstate="42703", kind="UndefinedColumn", run="261123-104512-7f3a"
        )
