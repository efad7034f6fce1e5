"""What Google Cloud can answer instead of what was asked."""

from __future__ import annotations

from typing import ClassVar, Self

from hrmsops.errors.base import ExitCode, HrmsopsError


class NotLoggedIn(HrmsopsError):
    """There are no credentials, or they have expired.

    Log in again and resume: nothing that was done before is lost or repeated.
    """

    code = "not-logged-in"
    exit_code: ClassVar[ExitCode] = ExitCode.UNAUTHORISED

    def __init__(self, *, why: str) -> None:
        super().__init__(
            what="Google Cloud does not know who is asking.",
            why=why or "The request carried no valid credentials.",
            fix="gcloud auth application-default login",
        )

    @classmethod
    def example(cls) -> Self:
        return cls(why="Reauthentication is needed.")


class NotAuthorised(HrmsopsError):
    """The account may not do this. Asking again does not help; a permission must be granted.

    `fix` names the permission. Roles that carry it: `roles/run.developer` for traffic,
    `roles/run.viewer` for reading. `hrmsops doctor` lists every one that is missing, with a role
    for it, before the next command meets it.
    """

    code = "not-authorised"
    exit_code: ClassVar[ExitCode] = ExitCode.UNAUTHORISED

    def __init__(self, *, doing: str, permission: str, why: str) -> None:
        self.grant = f"Have the permission {permission} granted to this account."
        """What mends this lack alone."""
        super().__init__(
            what=f"Not allowed to {doing}.",
            why=why,
            fix=f"{self.grant} All that are missing: hrmsops doctor",
        )

    @classmethod
    def example(cls) -> Self:
        return cls(
            doing="set traffic of nhia-hrms-production-api",
            permission="run.services.update",
            why="Permission 'run.services.update' denied on resource.",
        )


class ApiDisabled(HrmsopsError):
    """An API that hrmsops calls is not enabled in the project.

    It takes a few minutes until an API that was enabled answers. `hrmsops doctor` lists all that
    are missing at once.
    """

    code = "api-disabled"
    exit_code: ClassVar[ExitCode] = ExitCode.USAGE

    def __init__(self, *, doing: str, api: str, project: str) -> None:
        super().__init__(
            what=f"Could not {doing}: its API is off.",
            why=f"{api} is not enabled in project {project}.",
            fix=f"gcloud services enable {api} --project {project}",
        )

    @classmethod
    def example(cls) -> Self:
        return cls(doing="read queue payroll", api="cloudtasks.googleapis.com", project="nhia-hrms")


class ResourceMissing(HrmsopsError):
    """A service or revision is not there, or this account may not even see it.

    Google answers 404 for both. Check project, region and name in the configuration, then the
    account in the banner.
    """

    code = "resource-missing"

    def __init__(self, *, doing: str, why: str) -> None:
        super().__init__(
            what=f"Could not {doing}: there is no such thing, or you may not see it.",
            why=why,
            fix="Check project, region and service in hrmsops.toml, and the account that is used.",
        )

    @classmethod
    def example(cls) -> Self:
        return cls(doing="read service nhia-hrms-production-api", why="Resource was not found.")


class EtagStale(HrmsopsError):
    """The service was changed by someone else between our reading and our writing.

    Nothing was overwritten. Look at what they did, then decide again.
    """

    code = "etag-stale"
    exit_code: ClassVar[ExitCode] = ExitCode.CONFLICT

    def __init__(self, *, doing: str, why: str) -> None:
        super().__init__(
            what=f"Could not {doing}: it changed meanwhile.",
            why=why,
            fix="hrmsops status",
        )

    @classmethod
    def example(cls) -> Self:
        return cls(
            doing="set traffic of nhia-hrms-production-api",
            why="The etag is not that of the current version.",
        )


class CallNotAnswered(HrmsopsError):
    """Google Cloud did not answer, or answered that it cannot right now.

    A change that was asked for may have come through or not; hrmsops looks before it repeats.
    """

    code = "call-not-answered"

    def __init__(self, *, doing: str, why: str) -> None:
        super().__init__(
            what=f"Could not {doing}: no usable answer.",
            why=why,
            fix="Try again in a moment; hrmsops status shows what is true.",
        )

    @classmethod
    def example(cls) -> Self:
        return cls(
            doing="read service nhia-hrms-production-api", why="503 The service is unavailable."
        )


class CallRefused(HrmsopsError):
    """Google Cloud understood the request and refused it; the same request is refused again."""

    code = "call-refused"

    def __init__(self, *, doing: str, why: str) -> None:
        super().__init__(
            what=f"Could not {doing}: it was refused.",
            why=why,
            fix="hrmsops status",
        )

    @classmethod
    def example(cls) -> Self:
        return cls(
            doing="set traffic of nhia-hrms-production-api",
            why="Revision 'api-00001-abc' is not ready and cannot serve traffic.",
        )
