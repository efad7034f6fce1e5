"""Places where records live, named so that another process finds the same one."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import timedelta

import msgspec

from hrmsops.engine.store import LocalStore, Store
from hrmsops.errors.sandbox import SandboxRefused
from hrmsops.sandbox.client import Client

BUCKET = "hrms-ops-records"


@dataclass(frozen=True, kw_only=True)
class Place:
    """A folder, or a bucket of the sandbox that answers at `endpoint`."""

    folder: str = ""
    endpoint: str = ""
    url: str = ""
    patience_seconds: float = 20

    @classmethod
    def of(cls, words: str) -> Place:
        """The place that `words` says."""
        return cls(**msgspec.json.decode(words))

    @property
    def words(self) -> str:
        return msgspec.json.encode(asdict(self)).decode()

    def store(self) -> Store:
        from pathlib import Path

        from hrmsops.gcp.bucket import GcsStore
        from hrmsops.gcp.bucket_calls import Pace
        from hrmsops.gcp.clients import Clients

        if self.folder:
            return LocalStore(Path(self.folder))
        bucket, _, prefix = self.url.removeprefix("gs://").partition("/")
        return GcsStore(
            Clients(self.endpoint),
            bucket=bucket,
            prefix=prefix,
            project="nhia-hrms",
            pace=Pace(patience=timedelta(seconds=self.patience_seconds)),
        )


def make_bucket(sandbox: Client, bucket: str) -> None:
    """Another test may have made it."""
    try:
        sandbox.call("GET", f"/storage/v1/b/{bucket}")
    except SandboxRefused:
        sandbox.call("POST", "/storage/v1/b?project=nhia-hrms", {"name": bucket})
