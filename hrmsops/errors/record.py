"""Why a record cannot be written or read, wherever records live."""

from __future__ import annotations

from typing import ClassVar, Self

from hrmsops.errors.base import ExitCode, HrmsopsError


class RecordUnusable(HrmsopsError):
    """Nothing is begun that could not be recorded: it could not be resumed."""


class StateFolderUnusable(RecordUnusable):
    """The folder for records cannot be read or written, so nothing is begun.

    A run that could not be recorded could not be resumed. `HRMSOPS_STATE_DIR` names another
    folder; without it the platform's folder for state is used.
    """

    code = "state-folder-unusable"
    exit_code: ClassVar[ExitCode] = ExitCode.USAGE

    def __init__(self, *, folder: str, why: str) -> None:
        super().__init__(
            what=f"Records cannot be kept in {folder}.",
            why=why,
            fix="Set HRMSOPS_STATE_DIR to a folder that you may write.",
        )

    @classmethod
    def example(cls) -> Self:
        return cls(folder="/home/oncall/.local/state/hrmsops/records", why="Permission denied.")


class StoreUnreachable(RecordUnusable):
    """The bucket with the records does not answer, so it cannot be seen who else is at work.

    It was asked again for a while. Nothing is begun that others could not see, or that could not
    be recorded to its end; a run that was under way stays open, and is resumed when the bucket
    answers again.
    """

    code = "store-unreachable"
    exit_code: ClassVar[ExitCode] = ExitCode.REFUSED

    def __init__(self, *, store: str, doing: str, why: str) -> None:
        super().__init__(
            what=f"Could not {doing} in {store}: no usable answer.",
            why=why,
            fix="hrmsops status, once the bucket answers: it tells what is unfinished.",
        )

    @classmethod
    def example(cls) -> Self:
        return cls(
            store="gs://nhia-hrms-ops/records",
            doing="read leases/nhia-hrms/production",
            why="503 The service is currently unavailable.",
        )


class StoreMissing(RecordUnusable):
    """The bucket that the configuration names is not there.

    Google answers so too where the account may not see it. hrmsops makes no bucket by itself: who
    may read the records, and for how long they are kept, is for the project's owners to say.
    """

    code = "store-missing"
    exit_code: ClassVar[ExitCode] = ExitCode.USAGE

    def __init__(self, *, bucket: str, project: str) -> None:
        super().__init__(
            what=f"There is no bucket gs://{bucket}.",
            why="Cloud Storage answers that it does not exist.",
            fix=f"gcloud storage buckets create gs://{bucket} --project={project}"
            " --uniform-bucket-level-access",
        )

    @classmethod
    def example(cls) -> Self:
        return cls(bucket="nhia-hrms-ops", project="nhia-hrms")


class StoreForbidden(RecordUnusable):
    """The account may not use the bucket with the records.

    Reading needs `storage.objects.get` and `storage.objects.list`, writing besides
    `storage.objects.create` and, since a lease is written over, `storage.objects.delete`:
    `roles/storage.objectUser` on the bucket has all four.
    """

    code = "store-forbidden"
    exit_code: ClassVar[ExitCode] = ExitCode.UNAUTHORISED

    def __init__(self, *, store: str, doing: str, permission: str, account: str, why: str) -> None:
        bucket = store.removeprefix("gs://").partition("/")[0]
        kind = "serviceAccount" if account.endswith("gserviceaccount.com") else "user"
        super().__init__(
            what=f"Not allowed to {doing} in {store} ({permission}).",
            why=why,
            fix=f"gcloud storage buckets add-iam-policy-binding gs://{bucket}"
            f" --member={kind}:{account} --role=roles/storage.objectUser",
        )

    @classmethod
    def example(cls) -> Self:
        return cls(
            store="gs://nhia-hrms-ops/records",
            doing="write runs/261123-104512-7f3a/0000",
            permission="storage.objects.create",
            account="oncall@nhia.example",
            why="Permission 'storage.objects.create' denied on resource.",
        )
