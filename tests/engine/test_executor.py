"""Each step once, however often the process dies in between."""

from __future__ import annotations

import os
import signal
from contextlib import suppress
from pathlib import Path

import pytest

from hrmsops.engine import entries, signals
from hrmsops.engine.executor import abandon, execute
from hrmsops.engine.run import Run
from hrmsops.engine.step import Result, Step
from hrmsops.errors.base import ExitCode
from hrmsops.errors.lease import LeaseLost
from hrmsops.errors.record import StateFolderUnusable
from hrmsops.errors.run import (
    RunTerminated,
    StepHadNoEffect,
    StoppedHalfway,
)
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


@pytest.mark.parametrize(("refuses", "outcome"), [(set(), "done"), ({"put a"}, "failed")])
def test_a_signal_while_the_run_is_closed_comes_too_late(
    tmp_path: Path, world: Folder, refuses: set[str], outcome: str
) -> None:
    """Else the record would go on after its end: a run that is over could be resumed."""
    world.refuses = refuses
    run = begin(tmp_path, Put(file="a"))

    def interrupt(line: entries.Line) -> None:
        if isinstance(line.entry, entries.Closed):
            os.kill(os.getpid(), signal.SIGTERM)

    run.on_line.append(interrupt)
    with suppress(Refusal):
        go(run, world, tmp_path)
    assert journal_in(tmp_path).look(run.id).outcome == outcome


def test_a_second_signal_takes_nothing_from_what_the_first_one_says(
    tmp_path: Path, world: Folder
) -> None:
    run = begin(tmp_path, Signal(file="a"))

    def again(line: entries.Line) -> None:
        if isinstance(line.entry, entries.Interrupted):
            os.kill(os.getpid(), signal.SIGINT)

    run.on_line.append(again)
    with pytest.raises(RunTerminated) as caught, signals.raised_as_interruption():
        go(run, world, tmp_path)
    assert caught.value.fix == f"hrmsops resume {run.id}"


class FillDisk(Put, frozen=True, kw_only=True):
    """Put a file, after which no record can be written: a file stands where their folder was."""

    records: str

    def apply(self, world: Folder, run: Run) -> Result:
        Put.apply(self, world, run)
        records = Path(self.records)
        records.rename(records.with_name("kept"))
        records.touch()
        return {}


def test_a_run_that_can_no_longer_be_recorded_has_stopped_halfway(
    tmp_path: Path, world: Folder
) -> None:
    run = begin(tmp_path, FillDisk(file="a", records=str(tmp_path / "records")))
    with pytest.raises(StoppedHalfway) as caught:
        go(run, world, tmp_path)
    assert caught.value.exit_code == ExitCode.HALFWAY
    assert isinstance(caught.value.__cause__, StateFolderUnusable)
    assert world.facts == {"a"}


class BeDisplaced(Put, frozen=True, kw_only=True):
    """Lose the lease to another run, then fail."""

    folder: str

    def apply(self, world: Folder, run: Run) -> Result:
        clock = HandClock()
        clock.moment = clock.moment.replace(hour=11)
        lease_in(Path(self.folder), clock=clock).acquire(run="other", why="x", take_over=True)
        raise Refusal


def test_a_run_that_lost_its_lease_takes_nothing_back(tmp_path: Path, world: Folder) -> None:
    """What it would take away may be what the other run's plan was made for."""
    run = begin(tmp_path, Scaffold(file="s"), BeDisplaced(file="a", folder=str(tmp_path)))
    with pytest.raises(StoppedHalfway):
        go(run, world, tmp_path)
    assert world.calls == ["put s"]
    assert run.outcome == "unfinished"


@pytest.mark.parametrize(("came_through", "left"), [(True, {"s", "a"}), (False, set())])
def test_to_abandon_a_run_takes_back_no_change_that_came_through(
    tmp_path: Path, world: Folder, came_through: bool, left: set[str]
) -> None:
    run = begin(tmp_path, Scaffold(file="s"), Put(file="a"))
    run.record(entries.Started(step=1))
    (world.path / "s").touch()
    run.record(entries.Finished(step=1, result={}))
    run.record(entries.Started(step=2))
    if came_through:
        (world.path / "a").touch()
    with lease_in(tmp_path).acquire(run=run.id, why="test", take_over=False) as lease:
        abandon(run, world, lease=lease, reason="mended by hand")
    assert world.facts == left
    assert run.outcome == "abandoned"
