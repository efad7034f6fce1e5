"""A run whose environment was taken over by another changes nothing more, and waits no longer."""

from __future__ import annotations

import time
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from typing import ClassVar

import pytest

from hrmsops.engine.entries import Started
from hrmsops.engine.executor import execute
from hrmsops.engine.lease import Lease
from hrmsops.engine.run import Run
from hrmsops.engine.step import Result, Step
from hrmsops.engine.store import LocalStore
from hrmsops.errors.lease import LeaseHeld, LeaseLost
from tests.engine.world import ONCALL, Folder, HandClock, Put, journal_in, lease_in, plan_of

BEAT = timedelta(milliseconds=20)
A_MINUTE = timedelta(seconds=61)


class WaitLong(Step[Folder], frozen=True, kw_only=True):
    """Wait for what never comes, and say so again and again."""

    name: ClassVar[str] = "wait-long"
    changes: ClassVar[bool] = False

    def sentence(self) -> str:
        return "Wait"

    def apply(self, world: Folder, run: Run) -> Result:
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            run.progress("it is not there yet")
            time.sleep(0.01)
        return {}


@pytest.fixture
def world(tmp_path: Path) -> Folder:
    folder = tmp_path / "world"
    folder.mkdir()
    return Folder(folder)


def take_over(folder: Path, clock: HandClock) -> None:
    """As somebody does a minute later; a beat in between may have changed what was read."""
    for _ in range(1000):
        with suppress(LeaseHeld):
            later = HandClock(clock.moment + A_MINUTE)
            lease_in(folder, clock=later).acquire(run="another", why="x", take_over=True)
            return
    raise AssertionError("It could not be taken over.")


def test_a_change_whose_intent_was_long_in_writing_is_not_made_by_who_was_displaced(
    tmp_path: Path, world: Folder
) -> None:
    clock = HandClock()
    run = journal_in(tmp_path, clock).begin(plan_of(Put(file="a")), fence=1)

    def be_slow(entry: object) -> None:
        if isinstance(entry, Started):
            take_over(tmp_path, clock)
            clock.sleep(A_MINUTE)

    run.on_line.append(lambda line: be_slow(line.entry))
    with (
        lease_in(tmp_path, clock=clock).acquire(run=run.id, why="x", take_over=False) as lease,
        pytest.raises(LeaseLost),
    ):
        execute(run, world, lease=lease)

    assert world.calls == []
    assert run.outcome == "unfinished"


def test_a_wait_ends_as_soon_as_a_sign_of_life_meets_another_holder(
    tmp_path: Path, world: Folder
) -> None:
    clock = HandClock()
    run = journal_in(tmp_path, clock).begin(plan_of(WaitLong(), Put(file="a")), fence=1)
    store = LocalStore(tmp_path / "records")
    lease = Lease(store, clock, ONCALL, scope="production", heartbeat=BEAT)
    told: list[str] = []

    def at_the_third(sentence: str) -> None:
        told.append(sentence)
        if len(told) == 3:
            take_over(tmp_path, clock)

    run.on_progress.append(at_the_third)
    with (
        lease.acquire(run=run.id, why="x", take_over=False),
        pytest.raises(LeaseLost),
    ):
        execute(run, world, lease=lease)

    assert run.result(1) is None, "It waited to the end."
    assert world.calls == []
    assert run.outcome == "failed", "Nothing had been changed: it is over."
