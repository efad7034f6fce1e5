"""Every run is found again, in the order in which they went."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from hrmsops.engine.entries import Closed
from hrmsops.engine.plan import Plan
from tests.engine.world import HandClock, Put, journal_in, plan_of


def began(folder: Path, run: str, *, fence: int, after: timedelta) -> None:
    """A closed run in the record, by a clock that stands `after` the first one's."""
    clock = HandClock()
    clock.sleep(after)
    begun = journal_in(folder, clock).begin(plan(run), fence=fence)
    begun.record(Closed(outcome="done", exit_code=0))


def plan(run: str) -> Plan:
    return plan_of(Put(file="a"), run=run)


@pytest.mark.parametrize(("first", "second"), [("ffff", "0000"), ("0000", "ffff")])
def test_two_runs_of_one_second_stand_in_the_order_of_their_begin(
    tmp_path: Path, first: str, second: str
) -> None:
    began(tmp_path, f"261123-104512-{first}", fence=1, after=timedelta(milliseconds=100))
    began(tmp_path, f"261123-104512-{second}", fence=2, after=timedelta(milliseconds=900))

    assert [run.id[-4:] for run in journal_in(tmp_path).runs()] == [first, second]


def test_a_host_whose_clock_is_behind_does_not_upset_the_order(tmp_path: Path) -> None:
    began(tmp_path, "261123-104512-aaaa", fence=1, after=timedelta(seconds=0))
    began(tmp_path, "261123-104412-bbbb", fence=2, after=timedelta(seconds=-60))
    began(tmp_path, "261123-104513-cccc", fence=3, after=timedelta(seconds=1))

    found = journal_in(tmp_path).runs()

    assert [run.id[-4:] for run in found] == ["aaaa", "bbbb", "cccc"]
