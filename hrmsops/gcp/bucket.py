"""Records in a bucket of Cloud Storage, for every machine that may use it."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import cached_property
from typing import Any

from hrmsops.engine.store import Record, RecordChanged, RecordExists
from hrmsops.gcp.bucket_calls import (
    HURRIED,
    PATIENCE,
    PATIENT,
    BucketCalls,
    NotAsExpected,
    NotThere,
    Pace,
    Seconds,
)
from hrmsops.gcp.bucket_habits import Habits
from hrmsops.gcp.clients import Clients
from hrmsops.gcp.heard import Heard, Seen
from hrmsops.gcp.packed import packed, unpacked

WRITER, FENCE = "hrmsops-writer", "hrmsops-fence"
_NOT_THERE = 0
"""As a generation to be matched: the object must not be there."""
_THREADS = 16
_LISTED = "items(name,generation,timeCreated,crc32c,metadata),nextPageToken"
_NAMED = "items(name),nextPageToken"


@dataclass(frozen=True)
class GcsStore:
    """A record is an object, its generation the object's, its age by the bucket's clock.

    A response can be lost when its write has had its effect. Every write therefore bears a mark of
    its own, and what does not fit the precondition is looked at: our own mark is our own success.
    """

    clients: Clients
    bucket: str
    prefix: str
    project: str
    pace: Pace = PATIENT
    on_silent: Callable[[str], None] | None = None

    @classmethod
    def at(
        cls,
        url: str,
        *,
        clients: Clients,
        project: str,
        patience: timedelta = PATIENCE,
        on_silent: Callable[[str], None] | None = None,
    ) -> GcsStore:
        """The store at `gs://bucket/prefix`."""
        bucket, _, prefix = url.removeprefix("gs://").partition("/")
        return cls(
            clients,
            bucket=bucket,
            prefix=prefix.strip("/"),
            project=project,
            pace=Pace(patience=patience),
            on_silent=on_silent,
        )

    def hurried(self) -> GcsStore:
        """The same, given up after a moment and without a word: for a look that does without it."""
        patience = min(self.pace.patience, HURRIED.patience)
        return replace(self, pace=replace(HURRIED, patience=patience), on_silent=None)

    @property
    def where(self) -> str:
        return f"gs://{self.bucket}" + (f"/{self.prefix}" if self.prefix else "")

    @property
    def is_shared(self) -> bool:
        return True

    def read(self, name: str) -> Record | None:
        while True:
            try:
                return self._record(self._look(name))
            except NotThere:
                return None
            except RecordChanged:
                continue  # It was written over between the two looks.

    def create(self, name: str, data: bytes, *, fence: int = 0) -> int:
        try:
            return self._write(name, data, expecting=_NOT_THERE, fence=fence)
        except (NotAsExpected, NotThere) as error:
            raise RecordExists(name) from error

    def replace(self, name: str, data: bytes, *, generation: int, fence: int = 0) -> int:
        try:
            return self._write(name, data, expecting=generation, fence=fence)
        except (NotAsExpected, NotThere) as error:
            raise RecordChanged(name) from error

    def delete(self, name: str, *, generation: int) -> None:
        """Take it away. One that a lost response has left gone already is gone."""
        tries = 0

        def delete(seconds: Seconds) -> None:
            nonlocal tries
            tries += 1
            self._blob(name).delete(if_generation_match=generation, timeout=seconds, retry=None)

        try:
            self._calls.ask(f"delete {name}", delete, permission="storage.objects.delete")
        except NotThere as error:
            if tries == 1:
                raise RecordChanged(name) from error
        except NotAsExpected as error:
            raise RecordChanged(name) from error

    def names(self, prefix: str) -> list[str]:
        return sorted(self._name(seen.blob) for seen in self._listed(prefix, fields=_NAMED))

    def under(self, prefix: str, *, since: str = "") -> dict[str, Record]:
        listed = self._listed(prefix, fields=_LISTED, since=since)
        found = {self._name(seen.blob): seen for seen in listed}
        with ThreadPoolExecutor(_THREADS) as threads:
            records = dict(
                zip(found, threads.map(self._listed_record, found.values()), strict=True)
            )
        return {name: record for name in sorted(found) if (record := records[name]) is not None}

    def held(self, permissions: Iterable[str]) -> frozenset[str]:
        """buckets.testIamPermissions: which of them the account has here."""

        def test(seconds: Seconds) -> frozenset[str]:
            asked = sorted(permissions)
            return frozenset(self._bucket.test_iam_permissions(asked, timeout=seconds, retry=None))

        return self._calls.ask("ask for permissions", test, permission="none is needed")

    def habits(self) -> Habits:
        """buckets.get: what the bucket does by itself with what is kept in it."""

        def get(seconds: Seconds) -> Habits:
            found = self.clients.storage.bucket(self.bucket)
            found.reload(projection="noAcl", timeout=seconds, retry=None)
            return Habits.of(found, prefix=self._path(""))

        return self._calls.ask("read the settings", get, permission="storage.buckets.get")

    def _write(self, name: str, data: bytes, *, expecting: int, fence: int) -> int:
        mark = secrets.token_hex(8)

        def put(seconds: Seconds) -> int:
            blob = self._blob(name)
            blob.metadata = {WRITER: mark, FENCE: str(fence), **packed(data)}
            blob.upload_from_string(
                data,
                content_type="application/json",
                if_generation_match=expecting,
                timeout=seconds,
                retry=None,
            )
            return int(blob.generation)

        try:
            return self._calls.ask(f"write {name}", put, permission="storage.objects.create")
        except NotAsExpected:
            found = self._look(name).blob
            if (found.metadata or {}).get(WRITER) != mark:
                raise
            return int(found.generation)

    def _look(self, name: str) -> Seen:
        """What is told of an object, and when by the bucket's clock."""

        def get(seconds: Seconds) -> Seen:
            blob = self._blob(name)
            blob.reload(projection="noAcl", timeout=seconds, retry=None)
            return Seen(blob, self._heard.at)

        return self._calls.ask(f"read {name}", get, permission="storage.objects.get")

    def _record(self, seen: Seen) -> Record:
        """The record of that very generation, else RecordChanged."""
        blob = seen.blob
        data = unpacked(blob.metadata or {}, checksum=blob.crc32c)
        if data is None:
            data = self._downloaded(blob)
        return Record(data, int(blob.generation), seen.age)

    def _downloaded(self, blob: Any) -> bytes:
        def download(seconds: Seconds) -> bytes:
            data: bytes = self._bucket.blob(blob.name).download_as_bytes(
                if_generation_match=int(blob.generation), timeout=seconds, retry=None
            )
            return data

        doing = f"read {self._name(blob)}"
        try:
            return self._calls.ask(doing, download, permission="storage.objects.get")
        except (NotThere, NotAsExpected) as error:
            raise RecordChanged(blob.name) from error

    def _listed_record(self, seen: Seen) -> Record | None:
        try:
            return self._record(seen)
        except RecordChanged:
            return self.read(self._name(seen.blob))

    def _listed(self, prefix: str, *, fields: str, since: str = "") -> Iterator[Seen]:
        token: str | None = None

        def page(seconds: Seconds) -> tuple[list[Seen], str | None]:
            found = self.clients.storage.list_blobs(
                self.bucket,
                prefix=self._path(prefix),
                start_offset=self._path(since) if since else None,
                page_token=token,
                fields=fields,
                timeout=seconds,
                retry=None,
            )
            blobs = list(next(found.pages, ()))
            return [Seen(blob, self._heard.at) for blob in blobs], found.next_page_token

        while True:
            seen, token = self._calls.ask(
                f"list {prefix or 'records'}", page, permission="storage.objects.list"
            )
            yield from seen
            if token is None:
                return

    def _name(self, blob: Any) -> str:
        return str(blob.name).removeprefix(self._path(""))

    def _path(self, name: str) -> str:
        return f"{self.prefix}/{name}" if self.prefix else name

    def _blob(self, name: str) -> Any:
        return self._bucket.blob(self._path(name))

    @cached_property
    def _bucket(self) -> Any:
        return self.clients.storage.bucket(self.bucket)

    @property
    def _heard(self) -> Heard:
        return self.clients.storage_heard

    @cached_property
    def _calls(self) -> BucketCalls:
        return BucketCalls(
            bucket=self.bucket,
            where=self.where,
            project=self.project,
            account=lambda: self.clients.account,
            pace=self.pace,
            on_silent=self.on_silent,
        )
