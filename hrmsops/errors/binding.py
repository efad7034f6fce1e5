"""Why a revision cannot be led to another database."""

from __future__ import annotations

from typing import ClassVar, Self

from hrmsops.errors.base import ExitCode, HrmsopsError


class BindingInSecret(HrmsopsError):
    """Where the database is stands in a secret, so no new revision can be led elsewhere by itself.

    A version `latest` is no binding at all: what it says can change under a running revision. A
    pinned version still names the old database. Where the secret does not name the instance, accept
    the refusal (`--accept binding-in-secret`). Where it does:

    1. Recover without `--promote`: the run ends with a verified instance, whose address you need.
    2. Put that address into a new version; the fix is the command, which reads it from its input.
    3. `gcloud run services update SERVICE --no-traffic --update-secrets=VARIABLE=SECRET:VERSION`
       makes the revision that is to serve, with the image of the one that served at that moment.
    4. `hrmsops rollback pitr --continue RUN --promote --revision THAT --accept binding-in-secret`
    """

    code = "binding-in-secret"
    exit_code: ClassVar[ExitCode] = ExitCode.REFUSED

    def __init__(self, *, holder: str, variables: tuple[str, ...], name: str) -> None:
        super().__init__(
            what=f"{holder} has its database's address from Secret Manager.",
            why=f"{', '.join(variables)}. hrmsops explain {self.code} has the way from there.",
            fix=f"gcloud secrets versions add {name} --data-file=-",
        )

    @classmethod
    def example(cls) -> Self:
        return cls(
            holder="nhia-hrms-production-api-00003-xyz",
            variables=("DATABASE_URL is hrms-db-url:latest, which is not pinned",),
            name="hrms-db-url",
        )


class BindingUnknown(HrmsopsError):
    """A revision, job or worker pool names no database that could be replaced by the new one.

    Neither a Cloud SQL volume nor a variable nor an argument of it names the old instance.
    """

    code = "binding-unknown"
    exit_code: ClassVar[ExitCode] = ExitCode.REFUSED

    def __init__(self, *, holder: str, instance: str) -> None:
        super().__init__(
            what=f"{holder} cannot be led to {instance}.",
            why="Its template names no instance, neither by a volume nor by a variable.",
            fix="Name the revision with --revision, or take the job out of hrmsops.toml.",
        )

    @classmethod
    def example(cls) -> Self:
        return cls(
            holder="nhia-hrms-production-api-00003-xyz",
            instance="nhia-hrms-production-pg-0001-261123-104512-7f3a",
        )
