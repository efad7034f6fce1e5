"""Objects. Unlike Google's, a bucket keeps the newest generation alone, versioned or not."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import quote

from hrmsops.sandbox.distance import Distance
from hrmsops.sandbox.faults import Faults
from hrmsops.sandbox.state import Json, State
from hrmsops.sandbox.storage.crc32c import crc32c
from hrmsops.sandbox.storage.refusals import (
    condition_not_met,
    invalid,
    no_bucket,
    no_object,
    retained,
)

BUCKETS, OBJECTS, UPLOADS = "storage_buckets", "storage_objects", "storage_uploads"
METADATA_BYTES_MAX = 8 * 1024
"""Custom metadata of one object, names and values together; Google refuses more."""
CONTENT = "content"
"""Where an object's bytes are kept beside what is told of it."""


@dataclass(frozen=True, kw_only=True)
class Storage:
    """Every bucket of the project."""

    state: State
    distance: Distance
    faults: Faults

    def bucket(self, name: str) -> Json:
        """What is told of a bucket, or Google's 404."""
        if (found := self.state.get(BUCKETS, name)) is None:
            raise no_bucket()
        return found

    def find(self, bucket: str, name: str, conditions: Conditions) -> Json:
        """An object with its content, or Google's 404 or 412."""
        self.bucket(bucket)
        found = self.state.get(OBJECTS, f"{bucket}/{name}")
        if found is None or conditions.generation not in (None, int(found["generation"])):
            raise no_object(bucket, name)
        conditions.require(found)
        return found

    def insert(self, bucket: str, about: Json, content: bytes, conditions: Conditions) -> Json:
        """A new generation of an object, where the preconditions hold."""
        name = str(about.get("name") or "")
        if not name or len(name.encode()) > 1024:
            raise invalid("Required object name is missing or too long.")
        checksum = crc32c(content)
        if about.get("crc32c") not in (None, checksum):
            raise invalid("Provided CRC32C does not match the content.")
        _check_metadata(about.get("metadata", {}))
        with self.state.change():
            self.bucket(bucket)
            there = self.state.get(OBJECTS, f"{bucket}/{name}")
            conditions.require(there)
            self._let_go(there)
            made = self._told(bucket, name, about, content) | {"crc32c": checksum}
            kept = {**made, CONTENT: base64.b64encode(content).decode()}
            self.state.put(OBJECTS, f"{bucket}/{name}", kept)
        return made

    def delete(self, bucket: str, name: str, conditions: Conditions) -> None:
        """Forget an object, where the preconditions hold."""
        with self.state.change():
            self._let_go(self.find(bucket, name, conditions))
            self.state.delete(OBJECTS, f"{bucket}/{name}")

    def under(self, bucket: str, prefix: str) -> list[Json]:
        """The objects whose names begin so, by name as bytes."""
        self.bucket(bucket)
        found = self.state.under(OBJECTS, f"{bucket}/{prefix}")
        return sorted(found, key=lambda each: str(each["name"]).encode())

    def _let_go(self, found: Json | None) -> None:
        """Raise Google's 403 where the bucket's retention policy keeps an object as it is."""
        if found is None:
            return
        kept = self.bucket(found["bucket"]).get("retentionPolicy")
        if kept is None:
            return
        made = datetime.fromisoformat(found["timeCreated"])
        until = made + timedelta(seconds=int(kept["retentionPeriod"]))
        if until > self.distance.now():
            raise retained(found["bucket"], found["name"], until=until.isoformat())

    def _told(self, bucket: str, name: str, about: Json, content: bytes) -> Json:
        now, generation = self.distance.timestamp(), self._generation()
        metadata = {"metadata": about["metadata"]} if about.get("metadata") else {}
        return {
            "kind": "storage#object",
            "id": f"{bucket}/{name}/{generation}",
            "name": name,
            "bucket": bucket,
            "generation": str(generation),
            "metageneration": "1",
            "contentType": str(about.get("contentType") or "application/octet-stream"),
            "storageClass": "STANDARD",
            "size": str(len(content)),
            "md5Hash": base64.b64encode(
                hashlib.md5(content, usedforsecurity=False).digest()
            ).decode(),
            "etag": base64.b64encode(str(generation).encode()).decode(),
            "timeCreated": now,
            "updated": now,
            "timeStorageClassUpdated": now,
            **metadata,
        }

    def _generation(self) -> int:
        """Microseconds since 1970, and more than any before, whatever the clock says."""
        now = int(self.distance.now().timestamp() * 1_000_000)
        number = max(now, int(self.state.setting("storage generation", 0)) + 1)
        self.state.set("storage generation", number)
        return number


@dataclass(frozen=True, kw_only=True)
class Conditions:
    """Which generation is meant, and what must be so for a call to have an effect."""

    generation: int | None = None
    generation_match: int | None = None
    """0: the object must not be there."""
    generation_not_match: int | None = None

    @classmethod
    def of(cls, query: Mapping[str, str]) -> Conditions:
        """As the query's parameters say."""
        return cls(
            generation=_number(query, "generation"),
            generation_match=_number(query, "ifGenerationMatch"),
            generation_not_match=_number(query, "ifGenerationNotMatch"),
        )

    def require(self, found: Json | None) -> None:
        """Raise Google's 412 where they do not hold."""
        there = int(found["generation"]) if found else 0
        if self.generation_match not in (None, there):
            raise condition_not_met()
        if self.generation_not_match is not None and self.generation_not_match == there:
            raise condition_not_met()


def shown(found: Json, *, host: str) -> Json:
    """What is told of an object to who asks at `host`, where clients then ask for its content."""
    path = f"storage/v1/b/{found['bucket']}/o/{quote(found['name'], safe='')}"
    media = f"{path}?generation={found['generation']}&alt=media"
    told = {key: value for key, value in found.items() if key != CONTENT}
    links = {"selfLink": f"http://{host}/{path}", "mediaLink": f"http://{host}/download/{media}"}
    return {**told, **links}


def content_of(found: Json) -> bytes:
    """What is in it."""
    return base64.b64decode(found[CONTENT])


def _check_metadata(metadata: Json) -> None:
    if sum(len(name.encode()) + len(value.encode()) for name, value in metadata.items()) > (
        METADATA_BYTES_MAX
    ):
        raise invalid("The maximum object metadata size was exceeded.")


def _number(query: Mapping[str, str], name: str) -> int | None:
    if name not in query:
        return None
    try:
        return int(query[name])
    except ValueError:
        raise invalid(f"Invalid value for {name}: {query[name]}") from None
