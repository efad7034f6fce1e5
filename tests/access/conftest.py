"""An environment on the worker's sandbox, whose database is reached as each test says."""

from __future__ import annotations

import base64
import os
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest

from hrmsops import config
from hrmsops.errors import HrmsopsError
from hrmsops.gcp.sql_resources import Instance
from hrmsops.sandbox.client import Client
from hrmsops.world import World
from tests.fixtures.environments import staging
from tests.sandbox.cloud_sql import APP, make

MakeWorld = Callable[..., World]


@pytest.fixture
def world_with(sandbox: Client, tmp_path: Path) -> MakeWorld:
    """A world whose database section has these lines more."""

    def made(*more: str, user: str = APP) -> World:
        file = tmp_path / "hrmsops.toml"
        file.write_text(staging(sandbox.endpoint, *more, user=user))
        return World(config.load(file).environment("staging"))

    return made


@pytest.fixture(scope="module")
def name_of_instance(sandbox: Client) -> str:
    """One instance for the tests of a module, also where they run a second time."""
    name = f"reached-{os.getpid()}"
    with suppress(HrmsopsError):
        make(sandbox, name)
    return name


@pytest.fixture
def instance(world_with: MakeWorld, name_of_instance: str) -> Instance:
    return world_with().cloud_sql.instance(name_of_instance)


@pytest.fixture
def keep_secret(sandbox: Client) -> Callable[[str, str], None]:
    """A new version of a secret in the sandbox's Secret Manager."""

    def keep(name: str, value: str) -> None:
        parent = "/v1/projects/nhia-hrms/secrets"
        with suppress(HrmsopsError):  # It is there since an earlier test.
            wish: dict[str, object] = {"replication": {"automatic": {}}}
            sandbox.call("POST", f"{parent}?secretId={name}", wish)
        data = base64.b64encode(value.encode()).decode()
        sandbox.call("POST", f"{parent}/{name}:addVersion", {"payload": {"data": data}})

    return keep
