"""The database's part of `status`: each look may fail by itself, and none is waited for long."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from typing import Any

import pytest

from hrmsops.sandbox.client import Client
from tests.rollback.production import Production
from tests.sandbox.cloud_sql import make, patched, remove, runs

pytestmark = pytest.mark.slow

LABEL = "hrmsops-superseded-by"


@pytest.fixture(scope="module")
def instance(sandbox: Client) -> Iterator[str]:
    name = f"t{os.getpid()}-looked-at"
    yield make(sandbox, name)
    remove(sandbox, name)


def status(production: Production, instance: str) -> Any:
    file = production.folder / "hrmsops.toml"
    text = file.read_text()
    if "instance =" not in text:
        file.write_text(text.replace("endpoint =", f'instance = "{instance}"\nendpoint ='))
    ended = production.hrmsops("status", "-e", "production", "--json")
    assert ended.code == 0, ended.out + ended.err
    return ended.document["database"]


def test_it_says_what_the_database_can_go_back_to(production: Production, instance: str) -> None:
    patched(production.client, instance, userLabels={LABEL: "another"})

    found = status(production, instance)

    [newest] = runs(production.client, instance)
    assert (found["instance"], found["state"], found["unknown"]) == (instance, "RUNNABLE", [])
    assert found["backup"]["id"] == newest["id"]
    assert found["window"]["earliest"] < found["window"]["latest"]
    assert instance in found["superseded"]
    told = production.hrmsops("status", "-e", "production").out
    assert f"newest backup {newest['id']}, " in told
    assert f"{instance} was left by a cutover, is kept, and goes on costing" in told


def test_an_instance_that_is_gone_is_told(production: Production, instance: str) -> None:
    found = status(production, f"{instance}-no-more")
    assert (found["state"], found["window"], found["backup"]) == ("gone", None, None)
    told = production.hrmsops("status", "-e", "production").out
    assert f"There is no successful backup of {instance}-no-more" in told


def test_what_does_not_answer_is_unknown_and_holds_nothing_up(
    production: Production, instance: str
) -> None:
    production.client.arm(kind="hang", method="GET", path="/backups$", times=9)
    production.client.arm(kind="error", code=403, method="GET", path="/getLatestRecoveryTime$")
    began = time.monotonic()

    found = status(production, instance)

    assert time.monotonic() - began < 20, "A call that hangs is given up after twenty seconds."
    assert found["state"] == "RUNNABLE"
    assert [each.partition(":")[0] for each in found["unknown"]] == ["its backups", "its logs"]
    assert "did not answer in 5 s" in found["unknown"][0]


def test_without_an_instance_there_is_nothing_to_say(production: Production) -> None:
    ended = production.hrmsops("status", "-e", "production", "--json")
    assert ended.document["database"] is None
