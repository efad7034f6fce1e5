"""SIGKILL of a cutover at records all through it, then `resume`: the same end."""

from __future__ import annotations

import json
import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from hrmsops.sandbox.client import Client
from hrmsops.sandbox.request_log import entries
from tests.command_line import ROOT
from tests.rollback.cutting import FOR_REASON, Cutting

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("cutover-kills")]

DYING = os.pathsep.join([str(Path(__file__).parent / "dying"), str(ROOT)])
PROMOTION = (7, 51, 65, 91)
"""Spread over the records of a run from a verified clone on, two syncs each; see also CHANGES."""
BEHIND_THE_FENCE = 51
WAY_BACK = (9, 25)
CHANGES = r"^/v[12]/projects/(?!.*:wait$)"
CHANGES_MIN = 4
"""Settings, backup, service (its revision, a tag, its traffic), worker pool, labels."""


@pytest.fixture(scope="module")
def records(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("records")


@pytest.fixture(scope="module")
def run(estate: Client, records: Path) -> str:
    """The run that made the clone which every test promotes and leaves again."""
    return str(Cutting(client=estate, folder=records).clone_of_now().document["run"])


@pytest.fixture
def cutting(estate: Client, records: Path, run: str) -> Iterator[Cutting]:
    made = Cutting(client=estate, folder=records)
    yield made
    estate.clear_faults()
    if made.active != made.source:  # A test that failed leaves the next one where it began.
        [last, *_] = made.hrmsops("runs", "--json").document["runs"]
        made.cut_back(last["run"], "--confirm", made.active)


def test_the_sweep_covers_a_whole_cutover(cutting: Cutting, run: str) -> None:
    count = cutting.folder / "syncs"
    ended = cutting.go_on(run, COUNT_SYNCS_INTO=str(count), PYTHONPATH=DYING)
    assert ended.code == 0, ended.out + ended.err
    assert max(PROMOTION) < int(count.read_text()) < max(PROMOTION) + 40
    back = cutting.cut_back(ended.document["run"], "--confirm", cutting.active)
    assert back.code == 0, back.out + back.err


@pytest.mark.parametrize("sync", PROMOTION)
def test_a_kill_within_a_cutover_ends_the_same_after_resume(
    cutting: Cutting, run: str, sync: int
) -> None:
    revisions, clone = count_of_revisions(cutting), f"{cutting.source}-{run}"

    killed = cutting.go_on(run, DIE_AT_SYNC=str(sync), PYTHONPATH=DYING)

    assert killed.code == -signal.SIGKILL
    ended = cutting.hrmsops("resume", "--json")
    assert ended.code == 0, ended.out + ended.err
    assert ended.document["outcome"] == "done"
    assert cutting.active == clone
    assert cutting.ask("GET", "/readyz") == 200
    assert cutting.is_closed(cutting.source)
    assert not cutting.is_closed(clone)
    assert count_of_revisions(cutting) == revisions + 1
    assert backups_by(cutting, clone, ended.document["run"]) == 1
    back = cutting.cut_back(ended.document["run"], "--confirm", clone)
    assert back.code == 0, back.out + back.err


def test_what_a_killed_run_has_fenced_a_colleague_leads_back(cutting: Cutting, run: str) -> None:
    killed = cutting.go_on(run, DIE_AT_SYNC=str(BEHIND_THE_FENCE), PYTHONPATH=DYING)
    assert killed.code == -signal.SIGKILL
    assert cutting.is_closed(cutting.source)
    [left, *_] = cutting.hrmsops("runs", "--json").document["runs"]

    back = cutting.cut_back(left["run"], "--yes", HRMSOPS_ACCOUNT="colleague@nhia.example")

    assert back.code == 0, back.out + back.err
    assert cutting.active == cutting.source
    assert cutting.ask("GET", "/readyz") == 200
    assert not cutting.is_closed(cutting.source)


def test_a_kill_in_every_call_that_changes_something_ends_the_same_after_resume(
    cutting: Cutting, run: str
) -> None:
    """One cutover, killed each time that a call has had its effect and its answer has not come."""
    revisions, clone = count_of_revisions(cutting), f"{cutting.source}-{run}"
    words, struck = cutting.going_on(run), list[str]()

    while True:
        fault = cutting.client.arm(kind="hang-after", method="POST|PATCH", path=CHANGES)
        process = cutting.start(*words)
        cutting.until_met(fault, process)
        if process.poll() is not None:
            break
        process.kill()
        process.communicate(timeout=60)
        struck.append(last_change(cutting))
        words = ("resume", "--json")

    out, err = process.communicate(timeout=60)
    assert process.returncode == 0, out + err
    assert len(struck) >= len(set(struck)) >= CHANGES_MIN, struck
    assert cutting.active == clone
    assert cutting.ask("GET", "/readyz") == 200
    assert cutting.is_closed(cutting.source)
    assert not cutting.is_closed(clone)
    assert count_of_revisions(cutting) == revisions + 1
    made = json.loads(out)["run"]
    assert backups_by(cutting, clone, made) == 1
    back = cutting.cut_back(made, "--confirm", clone)
    assert back.code == 0, back.out + back.err


@pytest.mark.parametrize("sync", WAY_BACK)
def test_a_kill_on_the_way_back_ends_the_same_after_resume(
    cutting: Cutting, run: str, sync: int
) -> None:
    clone = f"{cutting.source}-{run}"
    gone = cutting.go_on(run)
    assert gone.code == 0, gone.out + gone.err
    made = gone.document["run"]

    elsewhere = cutting.hrmsops("rollback", "cutback", made, "-e", "staging", *FOR_REASON, "--yes")
    assert elsewhere.document["error"]["code"] == "run-of-another-service"
    killed = cutting.cut_back(made, "--confirm", clone, DIE_AT_SYNC=str(sync), PYTHONPATH=DYING)

    assert killed.code == -signal.SIGKILL
    ended = cutting.hrmsops("resume", "--json")
    assert ended.code == 0, ended.out + ended.err
    assert cutting.active == cutting.source
    assert cutting.ask("GET", "/readyz") == 200
    assert cutting.is_closed(clone)
    assert not cutting.is_closed(cutting.source)


def last_change(cutting: Cutting) -> str:
    """Which resource the newest call was to change."""
    log = entries(cutting.client.home.logs / "requests.jsonl")
    return [each.path for each in log if each.method in ("POST", "PATCH")][-1]


def count_of_revisions(cutting: Cutting) -> int:
    return len(cutting.client.revisions("nhia-hrms-production-api"))


def backups_by(cutting: Cutting, instance: str, run: str) -> int:
    found = cutting.client.sql("GET", f"instances/{instance}/backupRuns").get("items", ())
    return sum(run in each.get("description", "") for each in found)
