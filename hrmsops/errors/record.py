"""Why a record cannot be written or read, wherever records live."""

from __future__ import annotations

from typing import ClassVar, Self

from hrmsops.errors.base import ExitCode, HrmsopsError


class RecordUnusable(HrmsopsError):
    """Nothing is begun that could not be recorded: it could not be resumed."""


class LocalRecord(HrmsopsError):
    """The run would be on record on this machine alone.

    Nobody else could see it, go on with it after this machine is gone, or be kept from a second
    run beside it. A protected environment outside of a sandbox therefore has its record in a bucket
    (`store`), and no run is begun while that bucket gives no answer. `--accept local-record` begins
    it all the same, its record on this machine: tell the others first, since neither they nor you
    see what the other does. The record follows to the bucket with the next change from here that
    reaches it, or with `hrmsops runs sync`. Until then, and while the run is unfinished, no second
    one is begun from this machine.

    A bucket for records needs no versioning, and no retention policy: a lease is written over every
    ten seconds. What is deleted by mistake comes back from soft delete, which buckets have by
    default.
    """

    code = "local-record"
    exit_code: ClassVar[ExitCode] = ExitCode.REFUSED

    @classmethod
    def configured(cls, *, environment: str, project: str, region: str) -> Self:
        """The configuration keeps it here."""
        store = proposed(project)
        return cls(
            what=f"{environment} is protected, and its record would be on this machine alone.",
            why=f"[environments.{environment}] names no bucket in store: nobody else sees the run.",
            fix=f"{made(store, project=project, region=region)} and then, in"
            f' [environments.{environment}]: store = "{store}"',
        )

    @classmethod
    def silent(cls, *, environment: str, store: str, why: str) -> Self:
        """The bucket gives no answer."""
        return cls(
            what=f"The record of {environment} in {store} cannot be reached.",
            why=f"{why} Who else is at work there is not known.",
            fix="Try again, or tell the others and add --accept local-record.",
        )

    @classmethod
    def example(cls) -> Self:
        return cls.configured(environment="production", project="nhia-hrms", region="us-central1")


def proposed(project: str) -> str:
    """A store for the environments of a project that have none that is shared."""
    return f"gs://{project.rpartition(':')[2]}-hrmsops/records"


def made(store: str, *, project: str, region: str) -> str:
    """The command that makes the bucket of a store, fit for records."""
    bucket = store.removeprefix("gs://").partition("/")[0]
    place = f" --location={region}" if region else ""
    return (
        f"gcloud storage buckets create gs://{bucket} --project={project}{place}"
        " --uniform-bucket-level-access --public-access-prevention"
    )


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

    It was asked again for a while. A run that was under way stays open, and is resumed when the
    bucket answers again. A run that cannot wait is begun with `--accept local-record`; see
    `local-record`.
    """

    code = "store-unreachable"
    exit_code: ClassVar[ExitCode] = ExitCode.REFUSED

    def __init__(self, *, store: str, doing: str, why: str) -> None:
        super().__init__(
            what=f"Could not {doing} in {store}: no usable answer.",
            why=why,
            fix="hrmsops status",
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
            fix=made(bucket, project=project, region=""),
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


class StoreRetained(RecordUnusable):
    """The bucket keeps each object for a while, come what may: a lease cannot be written over.

    A retention policy holds for everybody, whatever they are granted. Nothing was begun. An
    unlocked policy is taken off by `fix`; a locked one never is, and then the record needs another
    bucket. Against deletion by mistake there is soft delete, which buckets have by default.
    """

    code = "store-retained"
    exit_code: ClassVar[ExitCode] = ExitCode.USAGE

    def __init__(self, *, store: str, doing: str, why: str) -> None:
        super().__init__(
            what=f"Could not {doing} in {store}: the bucket keeps what is there.",
            why=why,
            fix=unretained(store),
        )

    @classmethod
    def example(cls) -> Self:
        return cls(
            store="gs://nhia-hrms-ops/records",
            doing="write leases/nhia-hrms/production",
            why="Object 'nhia-hrms-ops/records/leases/nhia-hrms/production' is subject to bucket's"
            " retention policy and cannot be deleted or overwritten until 2026-11-30.",
        )


def unretained(store: str) -> str:
    """The command that takes a bucket's retention policy off."""
    bucket = store.removeprefix("gs://").partition("/")[0]
    return f"gcloud storage buckets update gs://{bucket} --clear-retention-period"
