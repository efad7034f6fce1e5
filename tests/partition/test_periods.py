"""Time cut into periods, and the names of their partitions."""

from __future__ import annotations

import itertools
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hrmsops.partition.periods import (
    NAME_BYTES_MAX,
    Every,
    Span,
    guessed,
    missing,
    overlap,
    runs_out,
    short_name,
    wanted,
)

MOMENTS = st.datetimes(datetime(1970, 1, 1), datetime(2200, 1, 1)).map(  # noqa: DTZ001
    lambda each: each.replace(tzinfo=UTC)
)
NOW = datetime(2026, 11, 29, 3, 14, tzinfo=UTC)


def at(*numbers: int) -> datetime:
    return datetime(*numbers, tzinfo=UTC)  # type: ignore[arg-type, misc]


@settings(max_examples=60, deadline=None)
@given(every=st.sampled_from(Every), moment=MOMENTS, count=st.integers(1, 40))
def test_every_moment_is_in_just_one_partition_and_no_two_have_one_name(
    every: Every, moment: datetime, count: int
) -> None:
    begin = every.begin(moment)
    assert begin <= moment < every.after(begin)
    assert every.begin(begin) == begin

    made = wanted("t", every, since=moment, until=every.after(begin, count))

    assert len(made) == len({each.name for each in made}) == count
    assert made[0].span.begin == begin
    for one, next_one in itertools.pairwise(made):
        assert one.span.end == next_one.span.begin
        assert not overlap(one.span, next_one.span)


@pytest.mark.parametrize(
    ("every", "name"),
    [
        (Every.DAY, "core_auditlog_y2026m11d29"),
        (Every.WEEK, "core_auditlog_y2026w48"),
        (Every.MONTH, "core_auditlog_y2026m11"),
        (Every.QUARTER, "core_auditlog_y2026q4"),
        (Every.YEAR, "core_auditlog_y2026"),
    ],
)
def test_partitions_are_named_as_the_guide_names_them(every: Every, name: str) -> None:
    [first] = wanted("core_auditlog", every, since=NOW, until=NOW + timedelta(seconds=1))
    assert first.name == name


def test_what_is_there_is_not_made_again_whatever_its_length() -> None:
    there = [Span(begin=None, end=at(2026, 12, 1)), Span(begin=at(2027, 1, 1), end=at(2028, 1, 1))]

    found = missing("t", Every.MONTH, there=there, since=NOW, now=NOW, ahead=14)

    assert [each.name for each in found] == ["t_y2026m12", "t_y2028m01"]


def test_partitions_run_out_at_the_first_gap() -> None:
    first, second = (
        Span(begin=None, end=at(2026, 12, 1)),
        Span(begin=at(2026, 12, 1), end=at(2027, 1, 1)),
    )
    later = Span(begin=at(2027, 2, 1), end=None)
    assert runs_out([later, second, first], now=NOW) == at(2027, 1, 1)
    assert runs_out([first, second, Span(begin=at(2027, 1, 1), end=None)], now=NOW) is None
    assert runs_out([later], now=NOW) == NOW


def test_how_a_table_is_cut_is_told_by_its_newest_partition() -> None:
    old = Span(begin=None, end=at(2026, 1, 1))
    assert guessed([old]) is None
    assert guessed([old, Span(begin=at(2026, 1, 1), end=at(2026, 2, 1))]) is Every.MONTH
    assert guessed([old, Span(begin=at(2026, 1, 1), end=at(2027, 1, 1))]) is Every.YEAR
    assert guessed([old, Span(begin=at(2026, 1, 2), end=at(2026, 1, 12))]) is None


def test_a_long_name_is_cut_to_what_postgresql_takes_and_stays_its_own() -> None:
    names = {short_name(f"{'ä' * 30}{n}_y2026m{n:02}") for n in range(1, 13)}
    assert len(names) == 12
    assert all(len(name.encode()) <= NAME_BYTES_MAX for name in names)
    assert short_name("core_auditlog") == "core_auditlog"
