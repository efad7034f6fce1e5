"""A write arrived and its answer did not: what is there is our own, and nobody else's."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta

import pytest

from hrmsops.engine.clock import SystemClock
from hrmsops.engine.entries import Closed, Interrupted, Started
from hrmsops.engine.journal import Journal
from hrmsops.engine.lease import Lease
from hrmsops.engine.step import StepCatalog
from hrmsops.engine.store import Record, Store
from hrmsops.errors.record import StoreUnreachable
from hrmsops.errors.run import RunWrittenByAnother
from hrmsops.sandbox.client import Client
from tests.engine.stores import BUCKET, Place
from tests.engine.world import ONCALL, Put, plan_of

WRITES = {"method": "POST", "path": f"storage/v1/b/{BUCKET}/o$"}
BEAT = timedelta(milliseconds=50)


@pytest.fixture
def store(faults: Client, bucket: Place) -> Store:
    """It is asked once: what is silent then has failed."""
    return replace(bucket, patience_seconds=0).store()


def journal(store: Store) -> Journal:
    return Journal(store, StepCatalog([Put]), SystemClock(), ONCALL)


@contextmanager
def lost(faults: Client, kind: str) -> Iterator[None]:
    """Within, a write gets no answer."""
    faults.arm(kind=kind, **WRITES)
    with pytest.raises(StoreUnreachable):
        yield


@pytest.mark.parametrize("kind", ["drop-before", "drop-after"])
def test_an_entry_without_an_answer_is_on_record_once_before_the_next(
    faults: Client, store: Store, kind: str
) -> None:
    run = journal(store).begin(plan_of(Put(file="a")), fence=1)
    heard: list[int] = []
    run.on_line.append(lambda line: heard.append(line.number))

    with lost(faults, kind):
        run.record(Started(step=1))
    with lost(faults, kind):
        run.record(Interrupted(signal=2, step=1))  # Not sent: what comes before it is not known.
    run.record(Closed(outcome="abandoned", exit_code=0))

    found = journal(store).lines(run.id)
    assert [type(line.entry) for line in found[1:]] == [Started, Closed]
    assert [line.number for line in found] == [0, 1, 2]
    assert found == run.lines
    assert heard == [1, 2]


def test_what_another_wrote_in_the_place_of_a_lost_entry_is_not_ours(
    faults: Client, store: Store
) -> None:
    run = journal(store).begin(plan_of(Put(file="a")), fence=1)
    with lost(faults, "drop-before"):
        run.record(Started(step=1))
    journal(store).take_up(run.id, fence=2)

    for _ in range(2):
        with pytest.raises(RunWrittenByAnother):
            run.record(Interrupted(signal=2, step=1))


def beaten(store: Store, is_met: Callable[[Record], bool]) -> Record:
    """The lease once it is so."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        found = store.read("leases/production")
        if found is not None and is_met(found):
            return found
        time.sleep(0.02)
    raise TimeoutError("It beats no more.")


def test_a_lease_beats_on_after_a_beat_whose_answer_was_lost(faults: Client, store: Store) -> None:
    said: list[str] = []
    lease = Lease(store, SystemClock(), ONCALL, scope="production", say=said.append, heartbeat=BEAT)
    with lease.acquire(run="run-1", why="x", take_over=False):
        fault = faults.arm(kind="drop-after", **WRITES)
        met = beaten(store, lambda _: fault["id"] not in armed(faults))
        beaten(store, lambda found: found.generation > met.generation + 1)
        lease.assert_held()
        lease.assert_not_lost()

    assert len(said) == 1
    assert said[0].startswith("The lease of production is not renewed since ")
    assert lease.holder() is None


def test_a_lease_is_given_back_after_a_beat_whose_answer_was_lost(
    faults: Client, store: Store
) -> None:
    lease = Lease(store, SystemClock(), ONCALL, scope="production", heartbeat=BEAT)
    lease.acquire(run="run-1", why="x", take_over=False)
    fault = faults.arm(kind="drop-after", times=1000, **WRITES)
    before = beaten(store, lambda _: True)
    beaten(store, lambda found: found.generation > before.generation)
    faults.clear_faults(fault["id"])

    lease.release()

    assert lease.holder() is None


def armed(sandbox: Client) -> set[str]:
    return {each["id"] for each in sandbox.call("GET", "/_sandbox/faults")["faults"]}
