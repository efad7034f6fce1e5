"""An instance on the worker's sandbox that is reached by a tunnel."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress
from pathlib import Path

import pytest

from hrmsops import config
from hrmsops.errors import HrmsopsError
from hrmsops.gcp.sql_resources import Instance
from hrmsops.postgres.session import Target
from hrmsops.sandbox.client import Client
from hrmsops.world import World
from tests.fixtures.environments import staging
from tests.sandbox.cloud_sql import APP, PASSWORD, make

DEBIANS = pytest.mark.skipif(
    shutil.which("cloud_sql_proxy") is None, reason="Debian's cloudsql-proxy is not installed"
)
WAYS = [
    "connector",
    pytest.param("proxy", marks=[DEBIANS, pytest.mark.cloud_sql_proxy]),
]
MakeWorld = Callable[..., World]


@pytest.fixture(scope="module")
def name_of_instance(sandbox: Client) -> str:
    """One instance for the tests of a module, also where they run a second time."""
    name = f"tunnelled-{os.getpid()}"
    with suppress(HrmsopsError):
        make(sandbox, name)
    return name


@pytest.fixture
def world_by(
    sandbox: Client, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[MakeWorld]:
    """A world whose databases are reached in that way; nothing of it is left afterwards."""
    monkeypatch.setenv("HRMSOPS_PASSWORD", PASSWORD)
    worlds = ExitStack()

    def made(via: str, *more: str, user: str = APP, endpoint: str = sandbox.endpoint) -> World:
        password = () if "iam = true" in more else ('password_env = "HRMSOPS_PASSWORD"',)
        lines = (*password, f'via = "{via}"', *more)
        file = tmp_path / "hrmsops.toml"
        file.write_text(staging(endpoint, *lines, user=user))
        world = World(config.load(file).environment("staging"))
        worlds.callback(lambda: world.ways.leave())
        return world

    with worlds:
        yield made


def target(world: World, of: str, **changes: str) -> Target:
    """The database of an instance, or of one that is not there."""
    from msgspec.structs import replace

    return world.target(replace(found(world, of), **changes), application_name="hrmsops test")


def found(world: World, name: str) -> Instance:
    return world.cloud_sql.instance(name)
