"""A backup on demand is taken once, whatever becomes of the answer or of who asked."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from hrmsops.sandbox.client import Client
from tests.command_line import ROOT, Begun, Ended, environment, hrmsops
from tests.rollback.faulted import kill_when_met
from tests.sandbox.cloud_sql import make, remove, runs

pytestmark = pytest.mark.slow

PURPOSE = "before the migration"
COLLEAGUE = "colleague@nhia.example"
CALL = "/backupRuns$"
CONFIG = """
[environments.production]
kind = "production"
project = "nhia-hrms"
region = "us-central1"
service = "nhia-hrms-production-api"
endpoint = "{endpoint}"
"""


@dataclass
class Engineer:
    """Whoever takes a backup of one instance, with a state folder of their own.

    `earlier` are the backups that others have taken before.
    """

    client: Client
    instance: str
    folder: Path
    earlier: frozenset[str]

    def begin(self, **fields: str) -> Any:
        out, err = self.start(**fields).communicate(timeout=120)
        assert out, err
        return json.loads(out)

    def start(self, **fields: str) -> Begun:
        wish = {"instance": self.instance, "purpose": PURPOSE, **fields}
        words = [f"{name}={value}" for name, value in wish.items()]
        return subprocess.Popen(
            [sys.executable, "-m", "tests.rollback.one_step", "take-backup", *words],
            cwd=self.folder,
            env=environment(HRMSOPS_STATE_DIR=str(self.folder / "state"), PYTHONPATH=str(ROOT)),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def resume(self) -> Ended:
        state = str(self.folder / "state")
        return hrmsops("resume", "--json", cwd=self.folder, HRMSOPS_STATE_DIR=state)

    def taken(self) -> list[dict[str, Any]]:
        """The backups since this engineer began, newest first."""
        found = runs(self.client, self.instance)
        return [backup for backup in found if backup["id"] not in self.earlier]


@pytest.fixture(scope="module")
def instance(sandbox: Client) -> Iterator[str]:
    name = f"t{os.getpid()}-backed-up"
    yield make(sandbox, name)
    remove(sandbox, name)


@pytest.fixture
def engineer(faults: Client, instance: str, tmp_path: Path) -> Engineer:
    (tmp_path / "hrmsops.toml").write_text(CONFIG.format(endpoint=faults.endpoint))
    earlier = frozenset(each["id"] for each in runs(faults, instance))
    return Engineer(client=faults, instance=instance, folder=tmp_path, earlier=earlier)


def test_a_backup_is_taken_and_carries_the_runs_id(engineer: Engineer) -> None:
    told = engineer.begin()

    [backup] = engineer.taken()
    assert told["outcome"] == "done", told
    assert told["result"]["backup"] == backup["id"]
    assert told["result"]["instance"] == engineer.instance
    assert backup["description"] == f"hrmsops {told['run']}: {PURPOSE}"
    assert backup["status"] == "SUCCESSFUL"


@pytest.mark.parametrize(
    "fault",
    [{"kind": "error", "code": 429}, {"kind": "drop-after"}],
    ids=["quota", "drop-after"],
)
def test_an_answer_that_is_lost_makes_no_second_backup(
    engineer: Engineer, fault: dict[str, object]
) -> None:
    engineer.client.arm(method="POST", path=CALL, **fault)

    told = engineer.begin()

    assert told["outcome"] == "done", told
    assert len(engineer.taken()) == 1


@pytest.mark.parametrize("kind", ["hang", "hang-after"])
def test_a_kill_while_it_is_asked_for_ends_with_one_backup(engineer: Engineer, kind: str) -> None:
    fault = engineer.client.arm(kind=kind, method="POST", path=CALL)
    process = engineer.start()
    kill_when_met(engineer.client, fault, process)
    engineer.client.clear_faults()

    ended = engineer.resume()

    assert ended.code == 0, ended.out + ended.err
    [backup] = engineer.taken()
    assert ended.document["steps"][0]["result"]["backup"] == backup["id"]


def test_a_busy_instance_is_waited_for(engineer: Engineer) -> None:
    engineer.client.arm(kind="stall", operation="sql.update", seconds=3)
    wish = {"settings": {"userLabels": {"team": "payroll"}}}
    colleague = Client.of(engineer.client.home, account=COLLEAGUE)
    colleague.sql("PATCH", f"instances/{engineer.instance}", wish)

    told = engineer.begin()

    assert told["outcome"] == "done", told
    assert len(engineer.taken()) == 1
    busy = f"{engineer.instance} is busy with UPDATE of {COLLEAGUE}, since "
    assert any(each.startswith(busy) for each in told["said"]), told["said"]


def test_whoever_detaches_comes_back_to_the_same_backup(engineer: Engineer) -> None:
    engineer.client.arm(kind="stall", operation="sql.backup", seconds=3)
    left = engineer.begin(detach="yes")
    assert left["failure"]["code"] == "still-running"

    ended = engineer.resume()

    assert ended.code == 0, ended.out + ended.err
    assert len(engineer.taken()) == 1


def test_a_backup_that_fails_says_why_and_another_run_may_take_one(engineer: Engineer) -> None:
    engineer.client.arm(kind="operation", operation="sql.backup", message="No space left.")

    told = engineer.begin()

    assert told["failure"]["code"] == "backup-not-taken"
    assert told["failure"]["why"] == "No space left."
    assert told["outcome"] == "failed"
    assert engineer.begin()["outcome"] == "done"
    assert [each["status"] for each in engineer.taken()] == ["SUCCESSFUL", "FAILED"]


def test_without_the_permission_nothing_is_changed_and_it_is_named(engineer: Engineer) -> None:
    engineer.client.arm(kind="error", code=403, method="POST", path=CALL)

    told = engineer.begin()

    assert told["outcome"] == "failed"
    assert told["failure"]["code"] == "not-authorised"
    assert engineer.taken() == []
