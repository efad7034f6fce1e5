"""What the sandbox's tests leave behind is taken away as soon as they end."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from hrmsops.sandbox.client import Client
from tests.sandbox.cloud_sql import remove


@pytest.fixture
def tidy(sandbox: Client, name: str) -> Iterator[None]:
    """Instances of the test are deleted: a worker's sandbox would run dozens of servers."""
    yield
    sandbox.clear_faults()
    for instance in sandbox.sql("GET", "instances")["items"]:
        if instance["name"].startswith(name):
            remove(sandbox, instance["name"])
