"""Each step once, however often the process dies in between."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest

from hrmsops.engine import entries
from hrmsops.engine.executor import execute
from hrmsops.engine.run import Run
from hrmsops.engine.step import Result, Step
from hrmsops.errors.base import ExitCode
from hrmsops.errors.lease import LeaseLost
from hrmsops.errors.run import RunTerminated, StepHadNoEffect, StoppedHalfway
from tests.engine.world import (
    Folder,
    HandClock,
    Look,
    Pretend,
    Put,
    Refusal,
    Scaffold,
    journal_in,
    lease_in,
    plan_of,
)


@pytest.fixture
def world(tmp_path: Path) -> Folder:
    folder = tmp_path / "world"
    folder.mkdir()
    return Folder(folder)


def begin(tmp_path: Path, *steps: Step[Folder]) -> Run:
    return journal_in(tmp_path).begin(plan_of(*steps), fence=1)


def go(run: Run, world: Folder, tmp_path: Path) -> None:
    with lease_in(tmp_path).acquire(run=run.id, why="test", take_over=False) as lease:
        execute(run, world, lease=lease)


def words(run: Run) -> list[str]:
    return [type(line.entry).__name__ for line in run.lines]


def test_a_plan_is_done_in_order_and_closed(tmp_path: Path, world: Folder) -> None:
    run = begin(tmp_path, Put(file="a"), Look(), Put(file="b"))
    go(run, world, tmp_path)
    assert world.calls == ["put a", "look", "put b"]
    assert run.outcome == "done"
    assert run.result(2) == {"seen": ["a"]}


def test_the_intent_is_on_record_before_the_call(tmp_path: Path, world: Folder) -> None:
    run = begin(tmp_path, Put(file="a"))
    at_call: list[str] = []
    run.on_line.append(lambda line: at_call.append(f"{type(line.entry).__name__} {world.calls}"))
    go(run, world, tmp_path)
    assert at_call[0] == "Started []"


def test_a_step_without_effect_is_an_error(tmp_path: Path, world: Folder) -> None:
    run = begin(tmp_path, Put(file="a"), Pretend())
    with pytest.raises(StoppedHalfway) as caught:
        go(run, world, tmp_path)
    assert isinstance(caught.value.__cause__, StepHadNoEffect)


def test_a_first_failure_leaves_nothing_and_closes_the_run(tmp_path: Path, world: Folder) -> None:
    world.refuses = {"put a"}
    run = begin(tmp_path, Put(file="a"))
    with pytest.raises(Refusal):
        go(run, world, tmp_path)
    assert run.outcome == "failed"
    assert world.facts == set()


def test_scaffolding_is_taken_away_when_the_run_fails(tmp_path: Path, world: Folder) -> None:
    world.refuses = {"put a"}
    run = begin(tmp_path, Scaffold(file="s"), Look(), Put(file="a"))
    with pytest.raises(Refusal):
        go(run, world, tmp_path)
    assert world.facts == set()
    assert words(run)[-3:] == ["Reverted", "Reverted", "Closed"]


def test_a_finished_change_is_never_taken_back(tmp_path: Path, world: Folder) -> None:
    world.refuses = {"put b"}
    run = begin(tmp_path, Scaffold(file="s"), Put(file="a"), Put(file="b"))
    with pytest.raises(StoppedHalfway) as caught:
        go(run, world, tmp_path)
    assert world.facts == {"s", "a"}
    assert run.outcome == "unfinished"
    assert caught.value.fix == f"hrmsops resume {run.id}"
    assert caught.value.exit_code == ExitCode.HALFWAY


def test_a_resumed_run_applies_only_what_is_missing(tmp_path: Path, world: Folder) -> None:
    world.refuses = {"put b"}
    run = begin(tmp_path, Put(file="a"), Put(file="b"))
    with pytest.raises(StoppedHalfway):
        go(run, world, tmp_path)
    world.refuses = set()
    again = journal_in(tmp_path).reopen(run.id, fence=2)
    go(again, world, tmp_path)
    assert world.calls == ["put a", "put b", "unput b", "put b"]
    assert again.outcome == "done"


def test_what_the_world_shows_as_done_is_not_done_again(tmp_path: Path, world: Folder) -> None:
    run = begin(tmp_path, Put(file="a"))
    run.record(entries.Started(step=1))
    (world.path / "a").touch()
    again = journal_in(tmp_path).reopen(run.id, fence=2)
    go(again, world, tmp_path)
    assert world.calls == []
    assert again.result(1) == {"file": "a"}


class Signal(Put, frozen=True, kw_only=True):
    """Put a file, then get a signal."""

    def apply(self, world: Folder, run: Run) -> Result:
        Put.apply(self, world, run)
        os.kill(os.getpid(), signal.SIGTERM)
        return {}


def test_a_sigterm_closes_the_journal_and_loses_nothing(tmp_path: Path, world: Folder) -> None:
    run = begin(tmp_path, Put(file="a"), Signal(file="b"))
    with pytest.raises(RunTerminated) as caught:
        go(run, world, tmp_path)
    last = run.lines[-1].entry
    assert caught.value.what == 'SIGTERM during step 2 of 2, "Put b".'
    assert caught.value.exit_code == 143
    assert last == entries.Interrupted(signal=15, step=2)
    again = journal_in(tmp_path).reopen(run.id, fence=2)
    assert again.outcome == "unfinished"
    go(again, world, tmp_path)
    assert world.calls == ["put a", "put b"]


def test_the_record_of_a_revived_run_equals_the_live_one(tmp_path: Path, world: Folder) -> None:
    run = begin(tmp_path, Put(file="a"), Look())
    go(run, world, tmp_path)
    assert journal_in(tmp_path).look(run.id).lines == run.lines
    assert journal_in(tmp_path).look(run.id).plan == run.plan


def test_a_run_that_lost_its_lease_writes_nothing_more(tmp_path: Path, world: Folder) -> None:
    clock = HandClock()
    run = begin(tmp_path, Put(file="a"))
    lease = lease_in(tmp_path, clock=clock).acquire(run=run.id, why="test", take_over=False)
    clock.moment = clock.moment.replace(hour=11)
    other = lease_in(tmp_path, clock=clock).acquire(run="another", why="stolen", take_over=True)
    with other, pytest.raises(LeaseLost):
        execute(run, world, lease=lease)
    assert world.calls == []
    lease.release()
