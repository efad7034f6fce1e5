"""A bucket for those who keep records in one."""

from __future__ import annotations

import pytest

from hrmsops.sandbox.client import Client
from tests.engine.stores import BUCKET, Place, make_bucket


@pytest.fixture
def bucket(sandbox: Client, name: str) -> Place:
    """A prefix that no other test has, in a bucket of the worker's sandbox."""
    make_bucket(sandbox, BUCKET)
    return Place(endpoint=sandbox.endpoint, url=f"gs://{BUCKET}/{name}")
