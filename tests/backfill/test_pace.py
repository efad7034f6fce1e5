"""How long batches become, and which way leads through a table: pure decisions."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from hrmsops.backfill.pace import AIM_SECONDS, ROWS_LEAST, Pace
from hrmsops.backfill.strategy import VACUUM_PASSES_MAX, Strategy, TableFacts, choose

LARGE = TableFacts(
    rows=2_000_000,
    pages=40_000,
    matching=2_000_000,
    has_integer_key=True,
    correlation=1.0,
    in_index=False,
    may_vacuum=True,
    server=150000,
    joins=False,
    has_parts=False,
    writes_by_itself=False,
)


def chosen(**facts: Any) -> Strategy:
    return choose(replace(LARGE, **facts), repeatable=True)


def test_batches_grow_until_the_slowest_of_a_dozen_takes_what_is_aimed_at() -> None:
    """Whoever wants a row of a batch waits as long as it takes: the longest counts, no average."""
    pace = Pace(rows_max=100_000)

    for number in range(200):
        each = 90e-6 if number % 11 == 0 else 30e-6  # A segment's first turn fills new pages.
        pace.took(rows=pace.rows, seconds=pace.rows * each)

    assert 0.95 * AIM_SECONDS < pace.rows * 90e-6 <= AIM_SECONDS


def test_one_slow_batch_makes_the_next_ones_small_at_once_and_is_forgotten() -> None:
    pace = Pace(rows_max=5_000)
    for _ in range(20):
        pace.took(rows=pace.rows, seconds=pace.rows * 1e-5)
    assert pace.rows == 5_000

    pace.took(rows=5_000, seconds=5.0)
    assert pace.rows == AIM_SECONDS / 5 * 5_000
    for _ in range(30):
        pace.took(rows=pace.rows, seconds=pace.rows * 1e-5)
    assert pace.rows == 5_000


def test_a_batch_that_found_few_rows_says_nothing_of_a_full_one() -> None:
    pace = Pace(rows_max=5_000)
    before = pace.rows

    pace.took(rows=3, seconds=0.02)

    assert pace.rows == before


def test_locks_make_batches_small_but_never_smaller_than_what_was_asked_for() -> None:
    pace, single = Pace(rows_max=5_000), Pace(rows_max=1)

    for _ in range(10):
        pace.failed()
        single.failed()

    assert (pace.rows, single.rows) == (ROWS_LEAST, 1)


def test_a_column_in_no_index_is_strided_and_needs_no_vacuum() -> None:
    found = chosen()

    assert (found.kind, found.stride, found.vacuum_rows) == ("strided", 11, None)
    assert chosen(pages=2_000_000 // 8).stride == 7
    assert chosen(pages=1_000_000).kind == "windows"


def test_a_column_in_an_index_is_vacuumed_twenty_times_however_small_the_table() -> None:
    """A table of 200,000 rows grew by a quarter where only every 50,000th row brought one."""
    for rows in (200_000, 2_000_000):
        found = chosen(in_index=True, rows=rows, matching=rows, pages=rows // 50)
        assert (found.kind, found.vacuum_rows) == ("windows", rows // VACUUM_PASSES_MAX)
    assert chosen(in_index=True, may_vacuum=False).vacuum_rows is None
    assert chosen(in_index=True, rows=4_000, matching=4_000, pages=80).vacuum_rows is None


def test_where_keys_say_nothing_about_pages_it_goes_by_pages_if_a_sweep_may_follow() -> None:
    assert chosen(correlation=0.1).kind == "pages"
    assert chosen(has_integer_key=False).kind == "pages"
    once = choose(replace(LARGE, correlation=0.1), repeatable=False)
    assert once.kind == "windows"
    assert chosen(correlation=0.1, joins=True).kind == "windows"


def test_few_matching_rows_are_looked_for_by_themselves() -> None:
    assert chosen(matching=1_000).kind == "sparse"
    assert chosen(matching=1_000, in_index=True).vacuum_rows is None
