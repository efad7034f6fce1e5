"""Buckets: made, told of, and set otherwise."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qs, urlsplit

import msgspec

from hrmsops.sandbox.cloud_run.cloud import PROJECT
from hrmsops.sandbox.exchange import Call, Reply
from hrmsops.sandbox.state import Json
from hrmsops.sandbox.storage.objects import BUCKETS, Storage
from hrmsops.sandbox.storage.refusals import StorageRefusal, invalid

SETTINGS = frozenset(
    {
        "defaultEventBasedHold",
        "labels",
        "lifecycle",
        "retentionPolicy",
        "softDeletePolicy",
        "versioning",
    }
)
"""What can be said of a bucket besides its name and place. Of these only a retention policy has an
effect here: rules delete nothing, versions are not kept."""
SEVEN_DAYS = "604800"
_NAME = re.compile(r"[a-z0-9][a-z0-9._-]{1,61}[a-z0-9]")
_PERMISSION = re.compile(r"storage\.(buckets|objects|folders|managedFolders)\.[A-Za-z]+")


def make_bucket(
    storage: Storage, call: Call, _names: Mapping[str, str], query: Mapping[str, str]
) -> Reply:
    """buckets.insert: one access for the whole of it, no versioning, a week of soft delete."""
    body = json_of(call)
    name = str(body.get("name", ""))
    if query.get("project") != PROJECT:
        raise StorageRefusal(403, "The caller may not make buckets in that project.")
    if not _NAME.fullmatch(name):
        raise invalid(f"Invalid bucket name: '{name}'")
    with storage.state.change():
        if storage.state.get(BUCKETS, name) is not None:
            raise StorageRefusal(409, "Your previous request to create the named bucket succeeded.")
        made = _made(name, storage.distance.timestamp(), location=str(body.get("location") or "US"))
        return _kept(storage, _set(made, body))


def get_bucket(
    storage: Storage, _call: Call, names: Mapping[str, str], _query: Mapping[str, str]
) -> Reply:
    """buckets.get."""
    return Reply(status=200, body=storage.bucket(names["bucket"]))


def patch_bucket(
    storage: Storage, call: Call, names: Mapping[str, str], _query: Mapping[str, str]
) -> Reply:
    """buckets.patch: what is named is set, what is null is taken away."""
    with storage.state.change():
        found = storage.bucket(names["bucket"])
        changed = {
            "metageneration": str(int(found["metageneration"]) + 1),
            "updated": storage.distance.timestamp(),
        }
        return _kept(storage, _set({**found, **changed}, json_of(call)))


def tell_permissions(
    storage: Storage, call: Call, names: Mapping[str, str], _query: Mapping[str, str]
) -> Reply:
    """buckets.testIamPermissions: those that no fault denies."""
    storage.bucket(names["bucket"])
    asked = parse_qs(urlsplit(call.target).query).get("permissions", [])
    for each in asked:
        if not _PERMISSION.fullmatch(each):
            raise invalid(f"Invalid permission: {each}")
    held = [each for each in asked if not storage.faults.denies(each)]
    kind = "storage#testIamPermissionsResponse"
    return Reply(status=200, body={"kind": kind, **({"permissions": held} if held else {})})


def json_of(call: Call) -> Json:
    """The document that was sent."""
    try:
        return msgspec.json.decode(call.body, type=dict[str, Any])
    except msgspec.DecodeError as error:
        raise invalid(f"Parse Error: {error}") from error


def _made(name: str, now: str, *, location: str) -> Json:
    return {
        "kind": "storage#bucket",
        "id": name,
        "name": name,
        "projectNumber": "1",
        "metageneration": "1",
        "location": location.upper(),
        "storageClass": "STANDARD",
        "etag": "CAE=",
        "timeCreated": now,
        "updated": now,
        "iamConfiguration": {"uniformBucketLevelAccess": {"enabled": True}},
        "softDeletePolicy": {"retentionDurationSeconds": SEVEN_DAYS, "effectiveTime": now},
    }


def _set(bucket: Json, wished: Json) -> Json:
    said = {key: value for key, value in wished.items() if key in SETTINGS}
    merged = {**bucket, **said}
    return {key: value for key, value in merged.items() if value is not None}


def _kept(storage: Storage, bucket: Json) -> Reply:
    storage.state.put(BUCKETS, bucket["name"], bucket)
    return Reply(status=200, body=bucket)
