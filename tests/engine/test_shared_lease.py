"""Machines whose clocks are far apart, one record in a bucket: never two at once."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from hrmsops.engine.clock import SystemClock
from hrmsops.engine.journal import Journal
from hrmsops.engine.lease import Lease
from hrmsops.engine.step import StepCatalog
from hrmsops.engine.store import RecordExists
from hrmsops.errors.record import StoreUnreachable
from hrmsops.gcp.bucket import GcsStore
from hrmsops.gcp.bucket_calls import Pace
from hrmsops.sandbox.client import Client
from tests.command_line import ROOT
from tests.engine.machine import Await
from tests.engine.stores import BUCKET, Place, make_bucket
from tests.engine.world import ONCALL, Put, plan_of
from tests.fixtures.sandboxes import bring_up, take_down

RUN = "261123-104512-7f3a"
RACERS = ("laptop-3:-20", "laptop-9:10", "desk-1:0", "runner-8:-10")


class Office:
    """Everybody's record and world; each machine is a process."""

    def __init__(self, place: Place, folder: Path) -> None:
        self.place, self.folder = place, folder

    def machines(self, *who: str) -> subprocess.Popen[str]:
        """Go on with the run, on `HOST:MINUTES`, whose clock is that far ahead; many at once."""
        words = (self.place.words, str(self.folder), RUN, *who)
        return subprocess.Popen(
            [sys.executable, "-m", "tests.engine.machine", *words],
            cwd=ROOT,
            stdout=subprocess.PIPE,
            text=True,
        )

    @property
    def calls(self) -> list[str]:
        file = self.folder / "calls"
        return file.read_text().splitlines() if file.exists() else []

    def until_called(self, word: str, process: subprocess.Popen[str]) -> None:
        deadline = time.monotonic() + 180
        while word not in self.calls:
            assert process.poll() is None, "It ended before."
            assert time.monotonic() < deadline
            time.sleep(0.02)

    def journal(self) -> Journal:
        return Journal(self.place.store(), StepCatalog([Put, Await]), SystemClock(), ONCALL)


def said(process: subprocess.Popen[str]) -> list[str]:
    out, _ = process.communicate(timeout=180)
    return sorted(json.loads(out))


@contextmanager
def stopped(process: subprocess.Popen[str]) -> Iterator[None]:
    """Within, it sleeps as a closed laptop does."""
    process.send_signal(signal.SIGSTOP)
    try:
        yield
    finally:
        process.send_signal(signal.SIGCONT)


def test_a_silent_machine_gives_way_to_one_other_by_the_buckets_clock_alone(
    own_sandbox: Client, tmp_path: Path
) -> None:
    """CI is ten minutes slow, the laptops ten and twenty more; only the bucket's minute counts."""
    make_bucket(own_sandbox, BUCKET)
    office = Office(Place(endpoint=own_sandbox.endpoint, url=f"gs://{BUCKET}/records"), tmp_path)
    ci = office.machines("runner-7:-10")
    office.until_called("await word", ci)
    too_early = said(office.machines("laptop-3:10"))
    with stopped(ci):
        take_down(own_sandbox.home)
        bring_up(own_sandbox.home, "--clock-skew", "61s")
        (tmp_path / "word").touch()
        ends = said(office.machines(*RACERS))
    [slept] = said(ci)

    assert too_early == ["lease-held"]
    assert ends.count("done") == 1
    assert set(ends) <= {"done", "lease-held", "over"}
    assert slept in ("lease-lost", "run-written-by-another", "stopped-halfway")
    assert [call for call in office.calls if call.startswith("put")] == ["put a", "put b"]
    run = office.journal().look(RUN)
    assert run.outcome == "done"
    fences = [line.fence for line in run.lines]
    assert fences == sorted(fences), "Nothing of a holder that was displaced came after."
    assert set(fences) >= {1, 2}


@pytest.mark.parametrize(
    "fault",
    [
        {"kind": "error", "code": 503},
        {"kind": "error", "code": 429},
        {"kind": "drop-before"},
        {"kind": "drop-after"},
    ],
    ids=lambda fault: "-".join(map(str, fault.values())),
)
def test_an_answer_that_is_late_or_lost_makes_no_entry_twice(
    faults: Client, bucket: Place, fault: dict[str, str | int]
) -> None:
    """Each write is met once by the fault: the lease, its beat, and an entry."""
    store = bucket.store()
    lease = Lease(store, SystemClock(), ONCALL, scope="production")
    path = f"storage/v1/b/{BUCKET}/o$"

    faults.arm(**fault, method="POST", path=path)
    lease.acquire(run=RUN, why="x", take_over=False)
    faults.arm(**fault, method="POST", path=path)
    run = Journal(store, StepCatalog([Put]), SystemClock(), ONCALL).begin(
        plan_of(Put(file="a"), run=RUN), fence=lease.fence
    )
    faults.arm(**fault, method="GET", path=f"storage/v1/b/{BUCKET}/o")
    lease.assert_held()
    lease.release()

    assert store.names("") == ["leases/production", f"runs/{RUN}/0000"]
    assert len(run.lines) == 1
    assert lease.holder() is None


def test_a_bucket_that_stays_silent_is_told_and_not_asked_for_long_again(
    faults: Client, bucket: Place
) -> None:
    faults.arm(kind="error", code=503, path="storage/v1/", times=1000)
    place = Place(endpoint=bucket.endpoint, url=bucket.url, patience_seconds=0.5)
    store = place.store()
    for _ in range(2):
        with pytest.raises(StoreUnreachable, match="no usable answer"):
            store.create("lease", b"one")


def test_a_call_that_hangs_is_broken_off_told_and_asked_again(
    faults: Client, bucket: Place
) -> None:
    said: list[str] = []
    pace = Pace(first=(3.05, 0.5), patience=timedelta(seconds=60))
    store = bucket.store()
    assert isinstance(store, GcsStore)
    store = replace(store, pace=pace, on_silent=said.append)
    faults.arm(kind="hang-after", method="POST", path=f"storage/v1/b/{BUCKET}/o$")

    store.create("lease", b"one")

    assert said == [f"{bucket.url} is asked again for up to 60 s: It gave no answer."]
    assert store.names("") == ["lease"]


def test_each_write_tells_under_which_number_it_was_made(sandbox: Client, bucket: Place) -> None:
    store = bucket.store()
    with Lease(store, SystemClock(), ONCALL, scope="production").acquire(
        run=RUN, why="x", take_over=False
    ) as lease:
        store.create("one", b"1", fence=lease.fence)
    with pytest.raises(RecordExists):
        store.create("one", b"2", fence=2)
    prefix = bucket.url.removeprefix(f"gs://{BUCKET}/")
    found = sandbox.call("GET", f"/storage/v1/b/{BUCKET}/o?prefix={prefix}/")["items"]
    assert {each["metadata"]["hrmsops-fence"] for each in found} == {"1"}
