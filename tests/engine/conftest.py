"""A bucket for those who keep records in one."""

from __future__ import annotations

import pytest

from hrmsops.errors.sandbox import SandboxRefused
from hrmsops.sandbox.client import Client
from tests.engine.stores import Place

BUCKET = "hrms-ops-records"


@pytest.fixture
def bucket(sandbox: Client, name: str) -> Place:
    """A prefix that no other test has, in a bucket of the worker's sandbox."""
    make_bucket(sandbox, BUCKET)
    return Place(endpoint=sandbox.endpoint, url=f"gs://{BUCKET}/{name}")


def make_bucket(sandbox: Client, bucket: str) -> None:
    """Another test may have made it."""
    try:
        sandbox.call("GET", f"/storage/v1/b/{bucket}")
    except SandboxRefused:
        sandbox.call("POST", "/storage/v1/b?project=nhia-hrms", {"name": bucket})
