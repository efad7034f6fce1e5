"""Why traffic does not go where it was asked to go."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import ClassVar, Self

from hrmsops.errors.base import ExitCode, HrmsopsError


class NoEligibleRevision(HrmsopsError):
    """There is no revision to go back to. Each one that exists was looked at and ruled out.

    Roll forward (deploy a fixed release), or name a revision yourself with `--revision` if you
    know more than the record does. Revisions that were rolled away from are ruled out only
    for `previous`.
    """

    code = "no-eligible-revision"
    exit_code: ClassVar[ExitCode] = ExitCode.REFUSED

    def __init__(self, *, service: str, skipped: tuple[str, ...]) -> None:
        super().__init__(
            what=f"{service} has no earlier revision that could serve.",
            why="; ".join(skipped) or "The serving revision is the oldest there is.",
            fix="hrmsops rollback app --revision NAME" if skipped else "hrmsops status",
        )

    @classmethod
    def example(cls) -> Self:
        return cls(
            service="nhia-hrms-production-api",
            skipped=("nhia-hrms-production-api-00001-abc: not Ready, its image is gone",),
        )


class RevisionUnknown(HrmsopsError):
    """The service has no revision of that name."""

    code = "revision-unknown"
    exit_code: ClassVar[ExitCode] = ExitCode.USAGE

    def __init__(self, *, revision: str, near: tuple[str, ...]) -> None:
        super().__init__(
            what=f"There is no revision {revision}.",
            why=f"The nearest names are {', '.join(near)}." if near else "No name is near it.",
            fix="hrmsops status",
        )

    @classmethod
    def example(cls) -> Self:
        return cls(
            revision="nhia-hrms-production-api-00001",
            near=("nhia-hrms-production-api-00001-abc",),
        )


class RevisionNotEligible(HrmsopsError):
    """The revision that was named cannot serve, or would serve the wrong database.

    A revision is code and configuration. One that is bound to another database instance than
    the serving one would send users back to it; that takes a new revision, not a traffic shift.
    """

    code = "revision-not-eligible"
    exit_code: ClassVar[ExitCode] = ExitCode.REFUSED

    def __init__(self, *, revision: str, reason: str) -> None:
        super().__init__(
            what=f"{revision} cannot take the traffic.",
            why=reason,
            fix="hrmsops rollback app --revision previous",
        )

    @classmethod
    def example(cls) -> Self:
        return cls(
            revision="nhia-hrms-production-api-00001-abc",
            reason="not Ready: its image is no longer in the registry",
        )


class RevisionGone(HrmsopsError):
    """The revision was deleted between the plan and the shift. Nothing was shifted.

    Ask again: the next eligible one is proposed, never taken silently.
    """

    code = "revision-gone"
    exit_code: ClassVar[ExitCode] = ExitCode.CONFLICT

    def __init__(self, *, revision: str) -> None:
        super().__init__(
            what=f"{revision} is gone.",
            why="It was deleted after the plan was made; traffic was not touched.",
            fix="hrmsops rollback app --revision previous",
        )

    @classmethod
    def example(cls) -> Self:
        return cls(revision="nhia-hrms-production-api-00001-abc")


class CandidateUnhealthy(HrmsopsError):
    """The revision to go back to was probed through its own URL and is not well.

    No user was sent there. Choose another with `--revision`, or accept this refusal by its code
    (`--accept candidate-unhealthy`) where anything is better than what serves now.
    """

    code = "candidate-unhealthy"
    exit_code: ClassVar[ExitCode] = ExitCode.REFUSED

    def __init__(self, *, revision: str, findings: list[str]) -> None:
        super().__init__(
            what=f"{revision} is not well, so no traffic was shifted to it.",
            why="; ".join(findings),
            fix="Name another with --revision, or add --accept candidate-unhealthy.",
        )

    @classmethod
    def example(cls) -> Self:
        return cls(
            revision="nhia-hrms-production-api-00001-abc", findings=["/readyz unhealthy (503)"]
        )


class TrafficChanged(HrmsopsError):
    """Someone else changed the service after the plan was made. Nothing of theirs is overwritten.

    Look at what they did (`hrmsops status`), talk to them, and ask again: a new plan starts from
    what is true then. A run that had changed something by then stays open, and what it was planned
    for is gone: `hrmsops runs abandon RUN` closes it, and leaves theirs as it is.
    """

    code = "traffic-changed"
    exit_code: ClassVar[ExitCode] = ExitCode.CONFLICT

    def __init__(
        self, *, service: str, by: str, at: datetime, now: str, fix: str = "hrmsops status"
    ) -> None:
        super().__init__(
            what=f"{service} was changed by {by or 'someone'} at {at:%H:%M:%S} UTC.",
            why=f"Its traffic is not what the plan was made for; it is now {now}.",
            fix=fix,
        )

    @classmethod
    def example(cls) -> Self:
        return cls(
            service="nhia-hrms-production-api",
            by="deploy@nhia.example",
            at=datetime(2026, 11, 23, 10, 46, 3, tzinfo=UTC),
            now="100 % to the latest revision",
        )


class ShiftFailed(HrmsopsError):
    """Cloud Run took the request and could not carry it out.

    What was asked for is put back to what truly serves, since a difference between the two
    breaks the next deploy.
    """

    code = "shift-failed"

    def __init__(self, *, service: str, why: str) -> None:
        super().__init__(
            what=f"Cloud Run could not shift the traffic of {service}.",
            why=why,
            fix="hrmsops status",
        )

    @classmethod
    def example(cls) -> Self:
        return cls(
            service="nhia-hrms-production-api",
            why="Revision 'nhia-hrms-production-api-00001-abc' is not ready.",
        )


class HealthCheckFailed(HrmsopsError):
    """The traffic was shifted, and the service is still not well.

    The cause is elsewhere, often in the database: the decision tree goes on there. `fix` takes
    the shift back; `hrmsops resume RUN` looks once more.
    """

    code = "health-check-failed"
    exit_code: ClassVar[ExitCode] = ExitCode.UNVERIFIED

    def __init__(self, *, service: str, findings: list[str], undo: str | None, run: str) -> None:
        super().__init__(
            what=f"{service} is not well after the shift.",
            why=f"{'; '.join(findings)}. hrmsops resume {run} looks once more.",
            fix=undo or "hrmsops status",
        )

    @classmethod
    def example(cls) -> Self:
        return cls(
            service="nhia-hrms-production-api",
            findings=["/readyz unhealthy (503)"],
            undo="hrmsops rollback app -e production --revision api-00003-xyz --reason 'undo'",
            run="261123-104512-7f3a",
        )


class LatestWasRolledBack(HrmsopsError):
    """`unpin` would send users back to the revision that was rolled away from.

    Deploy a fixed release first: then the latest is another, and `unpin` gives it the traffic.
    """

    code = "latest-was-rolled-back"
    exit_code: ClassVar[ExitCode] = ExitCode.REFUSED

    def __init__(self, *, revision: str, run: str) -> None:
        super().__init__(
            what=f"The latest revision is still {revision}.",
            why=f"Run {run} rolled away from it.",
            fix="Deploy a fixed release, or add --accept latest-was-rolled-back.",
        )

    @classmethod
    def example(cls) -> Self:
        return cls(revision="nhia-hrms-production-api-00003-xyz", run="261123-104512-7f3a")


class LatestNotEligible(HrmsopsError):
    """`unpin` would send users to a revision that cannot serve, or to another database.

    After a recovery the traffic stays pinned to a revision that is bound to the recovered
    database. A deploy that still names the old one is the latest all the same; to give it the
    traffic is to go back to the database that was left. `--accept latest-not-eligible` is for a
    move to another database that is meant.
    """

    code = "latest-not-eligible"
    exit_code: ClassVar[ExitCode] = ExitCode.REFUSED

    def __init__(self, *, revision: str, reason: str) -> None:
        super().__init__(
            what=f"The latest revision, {revision}, should not take the traffic.",
            why=f"It is not what the serving revision is: {reason}.",
            fix="Deploy a release on the serving database, or add --accept latest-not-eligible.",
        )

    @classmethod
    def example(cls) -> Self:
        return cls(
            revision="nhia-hrms-production-api-00003-xyz",
            reason="bound to database nhia-hrms:us-central1:pg-0001, "
            "not nhia-hrms:us-central1:pg-0002",
        )


class ServingIsShared(HrmsopsError):
    """Several revisions share the requests, so health seen at the service's URL is no one's own.

    Wait until one revision serves everything, then mark it.
    """

    code = "serving-is-shared"
    exit_code: ClassVar[ExitCode] = ExitCode.REFUSED

    def __init__(self, *, service: str, serving: str) -> None:
        super().__init__(
            what=f"No single revision of {service} can be marked as good.",
            why=f"The requests are shared: {serving}.",
            fix="hrmsops status",
        )

    @classmethod
    def example(cls) -> Self:
        return cls(
            service="nhia-hrms-production-api",
            serving="90 % to api-00001-abc, 10 % to api-00002-def",
        )
