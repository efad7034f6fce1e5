"""Cloud Storage as Google's own client sees it."""

from __future__ import annotations

import os
from typing import Any

import pytest
from google.api_core.exceptions import (
    Forbidden,
    NotFound,
    PreconditionFailed,
    TooManyRequests,
)
from google.cloud import storage

from hrmsops.sandbox.client import Client
from tests.sandbox.bearer import bearer

CREDENTIALS = bearer()
CREATE, DELETE = "storage.objects.create", "storage.objects.delete"


def bucket_of(sandbox: Client, name: str) -> Any:
    """A new bucket, made with Google's client."""
    options = {"api_endpoint": sandbox.endpoint}
    client = storage.Client("nhia-hrms", credentials=CREDENTIALS, client_options=options)
    return client.create_bucket(name)


@pytest.fixture
def bucket(faults: Client, name: str) -> Any:
    return bucket_of(faults, f"b-{name}")


def put(bucket: Any, name: str, content: bytes = b"one", **conditions: int) -> int:
    blob = bucket.blob(name)
    blob.metadata = {"of": name}
    blob.upload_from_string(content, retry=None, **conditions)
    return int(blob.generation)


def test_an_object_is_read_as_it_was_written(bucket: Any) -> None:
    generation = put(bucket, "runs/a b/ü%2F", b"\r\n\r\none\r\n")

    blob = bucket.get_blob("runs/a b/ü%2F")

    assert blob.download_as_bytes() == b"\r\n\r\none\r\n"
    assert (blob.generation, blob.size, blob.metadata) == (
        generation,
        9,
        {"of": "runs/a b/ü%2F"},
    )
    assert bucket.get_blob("runs/a") is None


def test_a_generation_that_is_not_there_is_not_written_over(bucket: Any) -> None:
    first = put(bucket, "lease", if_generation_match=0)
    with pytest.raises(PreconditionFailed):
        put(bucket, "lease", if_generation_match=0)
    second = put(bucket, "lease", b"two", if_generation_match=first)
    assert second > first
    with pytest.raises(PreconditionFailed):
        bucket.blob("lease").delete(if_generation_match=first)
    bucket.blob("lease").delete(if_generation_match=second)
    with pytest.raises(NotFound):
        bucket.blob("lease").delete()


def test_a_list_has_pages_in_the_order_of_names(bucket: Any) -> None:
    for number in (4, 2, 0, 3, 1):
        put(bucket, f"runs/{number}")
    put(bucket, "leases/x")

    pages = list(bucket.list_blobs(prefix="runs/", page_size=2).pages)

    assert [[blob.name for blob in page] for page in pages] == [
        ["runs/0", "runs/1"],
        ["runs/2", "runs/3"],
        ["runs/4"],
    ]
    some = bucket.list_blobs(start_offset="runs/1", end_offset="runs/3", fields="items(name)")
    assert [blob.name for blob in some] == ["runs/1", "runs/2"]


def test_a_long_object_comes_in_pieces(bucket: Any) -> None:
    content = os.urandom(3 * 256 * 1024 + 5)
    blob = bucket.blob("long", chunk_size=256 * 1024)

    with blob.open("wb", if_generation_match=0) as file:
        file.write(content)

    assert bucket.blob("long").download_as_bytes() == content


def test_what_goes_wrong_is_told_as_google_tells_it(faults: Client, bucket: Any) -> None:
    faults.arm(kind="error", code=429, path="/storage/v1/")

    with pytest.raises(TooManyRequests) as caught:
        bucket.reload(retry=None)

    assert caught.value.errors[0]["reason"] == "rateLimitExceeded"
    with pytest.raises(NotFound, match="The specified bucket does not exist"):
        bucket.client.get_bucket("nowhere-at-all")


def test_the_client_finds_it_by_its_own_variable(
    faults: Client, bucket: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(bucket, "one")
    monkeypatch.setenv("STORAGE_EMULATOR_HOST", faults.endpoint)

    client = storage.Client(credentials=CREDENTIALS)

    assert [blob.name for blob in client.list_blobs(bucket.name)] == ["one"]


def test_whoever_may_only_create_writes_nothing_over(faults: Client, bucket: Any) -> None:
    first = put(bucket, "lease", if_generation_match=0)
    faults.arm(kind="deny", permission="storage.objects.delete")
    held = bucket.test_iam_permissions([CREATE, DELETE])

    put(bucket, "runs/1", if_generation_match=0)
    with pytest.raises(Forbidden) as caught:
        put(bucket, "lease", if_generation_match=first)

    assert held == [CREATE]
    assert f"does not have {DELETE} access to the Google Cloud Storage object. Permission" in str(
        caught.value
    )


def test_a_retention_policy_keeps_what_is_there_until_it_is_taken_off(bucket: Any) -> None:
    bucket.retention_period = 3600
    bucket.versioning_enabled = True
    bucket.patch()
    first = put(bucket, "lease", if_generation_match=0)

    with pytest.raises(Forbidden, match="subject to bucket's retention policy"):
        put(bucket, "lease", if_generation_match=first)
    with pytest.raises(Forbidden) as caught:
        bucket.blob("lease").delete()
    assert caught.value.errors[0]["reason"] == "retentionPolicyNotMet"
    again = bucket.client.get_bucket(bucket.name)
    assert (again.retention_period, again.versioning_enabled) == (3600, True)
    again.retention_period = None
    again.patch()
    put(bucket, "lease", if_generation_match=first)
