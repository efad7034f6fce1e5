"""A finished clone is noticed at once, and Cloud SQL is not asked too often meanwhile."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from hrmsops.engine.waiting import Patience, wait_for
from hrmsops.steps.cloud_sql.made_instance import DEADLINE, NOTICE
from tests.engine.world import HandClock, journal_in, plan_of

CALL = timedelta(milliseconds=80)
NOTICED_WITHIN = timedelta(seconds=3)
CALLS_A_MINUTE_MAX = 90
"""Half of what the API's smallest quota lets one user ask for."""


@pytest.mark.parametrize("seconds", [0, 1, 2, 7, 30, 61, 307, 2400])
def test_a_finished_clone_is_noticed_within_three_seconds(tmp_path: Path, seconds: int) -> None:
    clock = HandClock()
    began = clock.now()
    done_at = began + timedelta(seconds=seconds)
    calls = []

    def look() -> bool | None:
        calls.append(clock.now() - began)
        clock.sleep(CALL)
        return True if clock.now() - CALL >= done_at else None

    wait_for(
        "Cloud SQL makes it",
        look,
        run=journal_in(tmp_path).begin(plan_of(), fence=1),
        clock=clock,
        patience=Patience(),
        deadline=DEADLINE,
        every=NOTICE,
    )

    assert clock.now() - done_at <= NOTICED_WITHIN
    for first in calls:
        minute = [call for call in calls if first <= call < first + timedelta(minutes=1)]
        assert len(minute) <= CALLS_A_MINUTE_MAX
