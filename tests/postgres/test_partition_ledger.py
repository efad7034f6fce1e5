"""Partitioning beside users who write: nothing is lost, nothing comes back, nothing is there twice."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import pytest

from tests.postgres.conftest import Make, ask
from tests.postgres.ledger_writers import TABLE, assert_all_is_there, writing
from tests.postgres.partitioning import Bench

# A row that another session has just moved to another partition; a snapshot that is too old.
MAY_BE_TOLD = {"40001"}


@pytest.mark.parametrize("method", ["attach", "copy"])
def test_all_that_was_acknowledged_is_there_and_nothing_else(
    make: Make, tmp_path: Path, method: Literal["attach", "copy"]
) -> None:
    bench = Bench(make(TABLE), tmp_path)

    with writing(bench.target) as writers:
        bench.run(bench.plan("log", method=method))
        in_place = ask(bench.target, "SELECT relkind::text FROM pg_class WHERE relname = 'log'")
        before = sum(each.acknowledged for each in writers)
        bench.run(bench.back("log"))

    assert in_place == [("p",)]
    assert sum(each.acknowledged for each in writers) > before > 100
    assert {code for each in writers for code in each.trouble} <= MAY_BE_TOLD
    assert_all_is_there(bench.target, writers)
    assert ask(bench.target, "SELECT relkind::text FROM pg_class WHERE relname = 'log'") == [("r",)]
    assert ask(bench.target, "SELECT relname FROM pg_class WHERE relname LIKE 'hrmsops\\_%'") == []
