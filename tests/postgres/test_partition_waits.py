"""Whoever holds a row of the copy is waited for, between tries, and named; never for ever."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import psycopg
import pytest

from hrmsops.engine.clock import SystemClock
from hrmsops.engine.run import Run
from hrmsops.errors.partition import TableInUse
from hrmsops.partition.quoting import table
from hrmsops.postgres.session import Target, connect
from hrmsops.steps.partition.comparing import CompareCopy
from hrmsops.steps.partition.cutting import CutStep
from hrmsops.steps.partition.filling import FillRows
from tests.postgres.conftest import Make, ask, run
from tests.postgres.partitioning import Bench, Leaping
from tests.sandbox.waiting import eventually

if TYPE_CHECKING:
    from hrmsops.postgres.session import Session

TABLE = """
CREATE TABLE log (id bigint PRIMARY KEY, created_at timestamptz NOT NULL, amount int NOT NULL);
INSERT INTO log SELECT n, '2026-11-01Z'::timestamptz + n * interval '1 hour', 0
FROM generate_series(1, 300) n;
"""
HELD = {
    FillRows: "DELETE FROM log WHERE id = 5",
    CompareCopy: "UPDATE log SET amount = 7 WHERE id = 5",
}
WAITING = """
    SELECT count(*) FROM pg_locks l JOIN pg_stat_activity a USING (pid)
    WHERE NOT l.granted AND a.datname = current_database() AND a.application_name = 'hrmsops {run}'
"""


def until(bench: Bench, kind: type[CutStep]) -> tuple[CutStep, Run]:
    """All that comes before the step is done, and a row is listed as one to be copied anew."""
    plan = bench.plan("log", method="copy")
    begun = bench.journal().begin(plan, fence=0)
    for step in plan.steps:
        if isinstance(step, kind):
            return step, begun
        step.apply(bench.world(), begun)
        with connect(bench.target) as user:
            user.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
            with user.transaction():
                user.execute("UPDATE log SET amount = 1 WHERE id = 5")
    raise AssertionError(kind)


@contextmanager
def holding(target: Target, statement: str) -> Iterator[Session]:
    """A user holds a row; another only reads, for longer still."""
    with connect(target) as reader, connect(target) as user, reader.transaction():
        reader.execute("SELECT count(*) FROM log")
        with user.transaction():
            user.execute(statement.encode())
            yield user


def waits(target: Target, begun: Run, count: int) -> bool:
    return ask(target, WAITING.format(run=begun.id)) == [(count,)]


@pytest.mark.parametrize("kind", [FillRows, CompareCopy])
def test_a_row_that_a_user_holds_is_given_up_again_and_again_until_it_is_free(
    make: Make, tmp_path: Path, kind: type[CutStep]
) -> None:
    bench = Bench(make(TABLE), tmp_path, clock=SystemClock())
    step, begun = until(bench, kind)
    told: list[str] = []
    begun.on_progress.append(told.append)
    with ThreadPoolExecutor() as pool:
        with holding(bench.target, HELD[kind]) as user:
            ended = pool.submit(step.apply, bench.world(), begun)
            for waiting in (1, 0, 1, 0):
                eventually(partial(waits, bench.target, begun, waiting))
            # Whoever wants other rows meanwhile is let through between the tries.
            run(bench.target, "UPDATE log SET amount = 2 WHERE id = 6")
            pid = user.info.backend_pid
            assert "is in use" in told[-1], "nothing else stands over it on the screen"
            assert not ended.done(), ended
        ended.result(timeout=60)

    [holder] = {each.partition(": ")[2].partition(",")[0] for each in told if "in use" in each}
    assert holder == f"session {pid} of hrms_ops (hrmsops 261123-104512-7f3a)"
    assert told[0].startswith("log is in use, try 1: ")
    copied = table(step.cut.new)
    assert (
        ask(
            bench.target,
            f"(TABLE log EXCEPT TABLE {copied}) UNION (TABLE {copied} EXCEPT TABLE log)",
        )
        == []
    )


@pytest.mark.parametrize("kind", [FillRows, CompareCopy])
def test_a_row_that_is_never_free_ends_it_with_its_holder(
    make: Make, tmp_path: Path, kind: type[CutStep]
) -> None:
    bench = Bench(make(TABLE), tmp_path, clock=Leaping(timedelta(minutes=10)))
    step, begun = until(bench, kind)
    with holding(bench.target, HELD[kind]) as user:
        with pytest.raises(TableInUse, match="in 3 tries") as refused:
            step.apply(bench.world(), begun)
        assert f"Held by session {user.info.backend_pid} of hrms_ops" in refused.value.why
