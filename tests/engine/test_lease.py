"""One run at a time; a live holder is never displaced."""

from __future__ import annotations

import subprocess
import sys
import threading
from contextlib import suppress
from datetime import timedelta
from pathlib import Path

import msgspec
import pytest

from hrmsops.engine.entries import Closed, Line, Started
from hrmsops.engine.holder import Holder
from hrmsops.engine.lease import Lease
from hrmsops.engine.run import Operator
from hrmsops.engine.silence import wait_for_silence
from hrmsops.engine.store import LocalStore
from hrmsops.errors.lease import LeaseHeld, LeaseLost
from tests.engine.world import HandClock, lease_in

OTHER = Operator(account="second@nhia.example", host="laptop-9")
BEAT = timedelta(milliseconds=50)


def hold(
    folder: Path,
    run: str,
    *,
    take_over: bool = False,
    clock: HandClock | None = None,
    by: Operator = OTHER,
) -> Lease:
    return lease_in(folder, clock=clock, operator=by).acquire(
        run=run, why="Error spike", take_over=take_over
    )


def write(folder: Path, run: str, entry: Started | Closed) -> None:
    """One entry in the record of a run."""
    line = Line(number=0, at=HandClock().now(), by="", host="", fence=1, entry=entry)
    LocalStore(folder / "records").create(f"runs/{run}/0000", msgspec.json.encode(line))


def test_a_second_run_is_told_who_holds_it(tmp_path: Path) -> None:
    with hold(tmp_path, "run-1"), pytest.raises(LeaseHeld) as caught:
        lease_in(tmp_path).acquire(run="run-2", why="me too", take_over=False)
    assert caught.value.what == (
        "production is held by run run-1 of second@nhia.example on laptop-9 since 10:45:12 UTC."
    )
    assert caught.value.why == 'It said why: "Error spike". The holder is alive.'


def test_a_live_holder_is_not_displaced_even_by_take_over(tmp_path: Path) -> None:
    with hold(tmp_path, "run-1"), pytest.raises(LeaseHeld):
        lease_in(tmp_path).acquire(run="run-2", why="now", take_over=True)


def test_a_silent_holder_is_displaced_only_when_asked_for(tmp_path: Path) -> None:
    clock = HandClock()
    silent = hold(tmp_path, "run-1", clock=clock)
    write(tmp_path, "run-1", Started(step=1))
    clock.sleep(timedelta(seconds=61))
    with pytest.raises(LeaseHeld):
        lease_in(tmp_path, clock=clock).acquire(run="run-2", why="now", take_over=False)
    lease = lease_in(tmp_path, clock=clock).acquire(run="run-2", why="now", take_over=True)
    assert lease.displaced is not None
    assert lease.displaced.run == "run-1"
    lease.release()
    silent.release()


@pytest.mark.parametrize("last", [None, Closed(outcome="done", exit_code=0)])
def test_a_silent_holder_with_nothing_left_to_do_gives_way(
    tmp_path: Path, last: Closed | None
) -> None:
    """It died before its plan was on record, or between its last record and the release."""
    clock = HandClock()
    silent = hold(tmp_path, "run-1", clock=clock)
    if last:
        write(tmp_path, "run-1", last)
    clock.sleep(timedelta(seconds=61))
    with lease_in(tmp_path, clock=clock).acquire(run="run-2", why="x", take_over=False) as lease:
        assert lease.fence == 2
    silent.release()


def test_the_same_run_comes_back_to_its_own_silent_lease(tmp_path: Path) -> None:
    clock = HandClock()
    silent = hold(tmp_path, "run-1", clock=clock)
    clock.sleep(timedelta(seconds=61))
    with lease_in(tmp_path, clock=clock).acquire(
        run="run-1", why="resume", take_over=False
    ) as mine:
        assert mine.fence == 2
    silent.release()


@pytest.mark.parametrize("lives", [False, True])
def test_whoever_goes_on_elsewhere_waits_until_the_holder_beats_or_its_minute_is_over(
    tmp_path: Path, lives: bool
) -> None:
    store = LocalStore(tmp_path / "records")

    class Passing(HandClock):
        def sleep(self, duration: timedelta) -> None:
            super().sleep(duration)
            record = store.read("leases/production")
            if lives and record:
                holder = msgspec.json.decode(record.data, type=Holder)
                beat = msgspec.structs.replace(holder, heartbeat=self.now())
                data = msgspec.json.encode(beat)
                store.replace("leases/production", data, generation=record.generation, fence=1)

    clock, told = Passing(), list[Holder]()
    left = hold(tmp_path, "run-1", clock=clock)
    began, mine = clock.now(), lease_in(tmp_path, clock=clock)
    for run in ("run-2", "run-1"):
        wait_for_silence(mine, run, clock, here="laptop-3", at_begin=told.append)
    waited = clock.now() - began

    assert [each.run for each in told] == ["run-1"]
    if lives:
        assert waited < timedelta(seconds=15)
        with pytest.raises(LeaseHeld):
            mine.acquire(run="run-1", why="once more", take_over=False)
    else:
        assert timedelta(seconds=60) < waited < timedelta(seconds=65)
        mine.acquire(run="run-1", why="once more", take_over=False).release()
    left.release()


def test_a_dead_process_of_this_host_counts_as_silent_at_once(tmp_path: Path) -> None:
    with hold(tmp_path, "run-1", by=Operator(account="oncall@nhia.example", host="laptop-3")):
        dead = subprocess.run(
            [sys.executable, "-c", "import os; print(os.getpid())"], capture_output=True, check=True
        )
        store = LocalStore(tmp_path / "records")
        record = store.read("leases/production")
        assert record is not None
        holder = msgspec.json.decode(record.data, type=Holder)
        killed = msgspec.structs.replace(holder, pid=int(dead.stdout))
        store.replace(
            "leases/production", msgspec.json.encode(killed), generation=record.generation
        )
        with lease_in(tmp_path).acquire(run="run-1", why="resume", take_over=False) as mine:
            assert mine.fence == 2


def test_the_fence_grows_with_every_holder(tmp_path: Path) -> None:
    for expected in (1, 2, 3):
        with hold(tmp_path, f"run-{expected}") as lease:
            assert lease.fence == expected


def test_a_released_lease_is_held_by_nobody(tmp_path: Path) -> None:
    with hold(tmp_path, "run-1"):
        pass
    assert lease_in(tmp_path).holder() is None


ACQUIRE = """
import sys, time
from pathlib import Path
from hrmsops.engine.clock import SystemClock
from hrmsops.engine.lease import Lease
from hrmsops.engine.run import Operator
from hrmsops.engine.silence import wait_for_silence
from hrmsops.engine.store import LocalStore
from hrmsops.errors.lease import LeaseHeld
store = LocalStore(Path(sys.argv[1]))
operator = Operator(account="oncall@nhia.example", host="laptop-3")
lease = Lease(store, SystemClock(), operator, scope="production")
print("ready", flush=True)
sys.stdin.readline()
try:
    lease.acquire(run=sys.argv[2], why="race", take_over=False)
    print("won", flush=True)
    sys.stdin.readline()
    lease.release()
except LeaseHeld:
    print("lost", flush=True)
"""


def test_of_four_processes_one_wins(tmp_path: Path) -> None:
    racers = [
        subprocess.Popen(
            [sys.executable, "-c", ACQUIRE, str(tmp_path), f"run-{number}"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for number in range(4)
    ]
    pipes = [(racer.stdin, racer.stdout) for racer in racers]
    for _stdin, stdout in pipes:
        assert stdout is not None
        assert stdout.readline() == "ready\n"
    for stdin, _stdout in pipes:
        assert stdin is not None
        stdin.write("go\n")
        stdin.flush()
    answers = [stdout.readline() for _stdin, stdout in pipes if stdout]
    for racer in racers:
        racer.communicate("end\n", timeout=20)
    assert sorted(answers) == ["lost\n", "lost\n", "lost\n", "won\n"]


def at(clock: HandClock, *, ahead: timedelta) -> HandClock:
    return HandClock(clock.moment + ahead)


def test_one_that_has_been_silent_gives_a_sign_of_life_before_a_change(tmp_path: Path) -> None:
    """Else another might take it between the look and the change."""
    clock = HandClock()
    with hold(tmp_path, "run-1", clock=clock) as lease:
        clock.sleep(timedelta(seconds=59))
        lease.assert_held()
        later = at(clock, ahead=timedelta(seconds=59))
        with pytest.raises(LeaseHeld):
            hold(tmp_path, "run-2", clock=later, take_over=True)


def test_a_look_that_is_old_is_repeated_just_before_a_change(tmp_path: Path) -> None:
    clock = HandClock()
    with hold(tmp_path, "run-1", clock=clock) as lease:
        lease.assert_held()
        hold(tmp_path, "run-2", clock=at(clock, ahead=timedelta(seconds=61)), take_over=True)
        lease.assert_still_held()
        clock.sleep(timedelta(seconds=11))
        with pytest.raises(LeaseLost):
            lease.assert_still_held()


def test_a_holder_is_told_at_its_next_beat_that_it_was_displaced(tmp_path: Path) -> None:
    said, told = list[str](), threading.Event()

    def say(words: str) -> None:
        said.append(words)
        told.set()

    store, clock = LocalStore(tmp_path / "records"), HandClock()
    lease = Lease(store, clock, OTHER, scope="production", say=say, heartbeat=BEAT)
    with lease.acquire(run="run-1", why="x", take_over=False):
        for _ in range(1000):  # It beats, so that a try may find what it read changed.
            with suppress(LeaseHeld):
                soon = at(clock, ahead=timedelta(seconds=61))
                hold(tmp_path, "run-2", clock=soon, take_over=True)
                break
        assert told.wait(60)
        with pytest.raises(LeaseLost):
            lease.assert_not_lost()
    assert said == [
        "production was taken over by second@nhia.example while this run was silent."
        " It goes no further."
    ]
    assert lease.holder() is not None, "What another holds is not given back."
