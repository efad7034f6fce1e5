"""The cloud's clock is believed where moments are named, as its replies tell it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest

from hrmsops.gcp.cloud_clock import CloudClock


def said(ahead: timedelta) -> str:
    return format_datetime(datetime.now(UTC) + ahead)


@pytest.mark.parametrize("minutes", [10, -10])
def test_a_clock_that_differs_is_taken_over(minutes: int) -> None:
    clock = CloudClock()
    clock.note(said(timedelta(minutes=minutes)))
    assert abs(clock.ahead - timedelta(minutes=minutes)) < timedelta(seconds=30)


def test_what_tells_nothing_changes_nothing() -> None:
    clock = CloudClock()
    for date in ("", "yesterday", said(timedelta(seconds=1))):
        clock.note(date)
        assert clock.ahead == timedelta(0)
