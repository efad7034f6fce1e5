"""The way to an instance through a relay on the sandbox: made, used, left, and swept up."""

from __future__ import annotations

import itertools
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from hrmsops import config
from hrmsops.errors.relay import RelayDidNotStart
from hrmsops.gcp.relays import Host, Maker
from hrmsops.gcp.sql_resources import Instance
from hrmsops.postgres.session import connect
from hrmsops.relay.way import relay_name
from hrmsops.sandbox.client import Client
from hrmsops.world import World
from tests.fixtures.environments import staging
from tests.fixtures.sandboxes import deploy
from tests.sandbox.cloud_sql import APP, PASSWORD, make

RELAYED = ('password_env = "HRMSOPS_PASSWORD"', 'via = "relay"')
_runs = itertools.count(0x7F3A)


@pytest.fixture
def run() -> str:
    """A run's id that no other test has: a relay is named after it."""
    return f"261123-104512-{next(_runs):04x}"


@pytest.fixture(scope="module")
def instance(sandbox: Client) -> str:
    return make(sandbox, f"relayed-{os.getpid()}")


@pytest.fixture(scope="module")
def service(sandbox: Client, images: dict[str, str]) -> str:
    name = f"relaying-{os.getpid()}"
    deploy(sandbox, name, images["echo"])
    return name


@pytest.fixture
def world(
    sandbox: Client, service: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[World]:
    monkeypatch.setenv("HRMSOPS_PASSWORD", PASSWORD)
    made = world_of(sandbox, service, tmp_path)
    yield made
    assert made.ways.leave() == ()


def world_of(sandbox: Client, service: str, folder: Path, *, image: str = "") -> World:
    file = folder / "hrmsops.toml"
    lines = (*RELAYED, f'relay_image = "{image}"')
    file.write_text(staging(sandbox.endpoint, *lines, user=APP, service=service))
    return World(config.load(file).environment("staging"))


def seen(world: World, name: str) -> Instance:
    return world.cloud_sql.instance(name)


def left(world: World) -> set[str]:
    return {relay.name for relay in world.ways.relays.all()}


def test_sessions_go_through_one_relay_that_is_gone_afterwards(
    world: World, instance: str, run: str
) -> None:
    target = world.target(seen(world, instance), application_name=f"hrmsops {run}")
    assert left(world) == set()

    with connect(target, read_only=True) as first, connect(target, read_only=True) as second:
        assert first.execute("SELECT current_user").fetchall() == [(APP,)]
        assert second.execute("SELECT 1").fetchall() == [(1,)]
        assert left(world) == {relay_name(run, instance)}

    assert world.ways.leave() == ()
    assert left(world) == set()


def test_a_way_that_was_taken_is_the_way_of_the_whole_process(
    world: World, instance: str, run: str
) -> None:
    found = seen(world, instance)
    connect(world.target(found, application_name="hrmsops"), read_only=True).close()
    [made] = left(world)
    connect(world.target(found, application_name=f"hrmsops {run}"), read_only=True).close()
    assert left(world) == {made}


def test_an_error_names_the_instance_and_not_the_port_on_this_machine(
    world: World, instance: str
) -> None:
    target = world.target(seen(world, instance), application_name="hrmsops")
    assert target.host == "127.0.0.1"
    assert target.address == f"{instance}:5432"


def test_an_image_that_is_not_there_is_told_with_the_setting_that_mends_it(
    sandbox: Client, service: str, instance: str, tmp_path: Path, world: World, run: str
) -> None:
    other = world_of(sandbox, service, tmp_path, image="us-docker.pkg.dev/nhia-hrms/none/x:1")
    target = other.target(seen(other, instance), application_name=f"hrmsops {run}")
    with pytest.raises(RelayDidNotStart) as raised:
        connect(target)
    assert "relay_image" in raised.value.fix
    assert "not found" in raised.value.why
    assert other.ways.leave() == ()
    assert left(other) == set()


def test_what_dead_processes_left_is_swept_and_what_lives_elsewhere_is_not(
    world: World, instance: str, images: dict[str, str], run: str
) -> None:
    dead = subprocess.Popen(["true"])
    dead.wait()
    host = Host(image=images["echo"], service_account="", network={})
    here = world.ways._maker.host
    makers = {
        run: Maker(host="elsewhere", pid=1),
        "261123-104512-0000": Maker(host=here, pid=dead.pid),
        "261123-104512-1111": Maker(host="elsewhere", pid=1),
        "261123-104512-2222": Maker(host=here, pid=os.getpid()),
    }
    for each, maker in makers.items():
        world.ways.relays.make(
            relay_name(each, instance), run=each, maker=maker, host=host, command=(), env={}
        )

    assert world.ways.swept(run) == ()

    kept = {relay_name(each, instance) for each in list(makers)[2:]}
    assert left(world) == kept
    for name in kept:
        world.ways.relays.delete(name)
