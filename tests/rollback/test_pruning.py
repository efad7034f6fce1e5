"""Old records leave on request, and what a later rollback needs stays."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

from msgspec.structs import replace

from hrmsops.engine.entries import Closed
from hrmsops.engine.journal import Journal
from hrmsops.rollback.pruning import prunable
from tests.engine.world import HandClock, Put, journal_in, plan_of

NOW = datetime(2026, 11, 23, 10, 45, 12, tzinfo=UTC)
LONG_AGO = timedelta(days=120)


def ran(folder: Path, run: str, *, ago: timedelta, command: str = "seed", is_over: bool = True,
        undo: str | None = None, environment: str = "production") -> str:  # fmt: skip
    """A run of that age, on record."""
    clock = HandClock(NOW - ago)
    plan = replace(
        plan_of(Put(file="a"), run=run), command=command, undo=undo, environment=environment
    )
    made = journal_in(folder, clock).begin(plan, fence=1)
    if is_over:
        made.record(Closed(outcome="done", exit_code=0))
    return run


def leaving(journal: Journal) -> list[str]:
    before = NOW - timedelta(days=90)
    runs = prunable(journal.runs(), environment="production", before=before)
    return [run.id for run in runs]


def test_what_is_old_and_over_and_needed_by_nothing_leaves(tmp_path: Path) -> None:
    gone = ran(tmp_path, "260701-000000-0001", ago=LONG_AGO)
    ran(tmp_path, "260701-000000-0002", ago=LONG_AGO, is_over=False)
    ran(tmp_path, "260701-000000-0003", ago=LONG_AGO, environment="staging")
    ran(tmp_path, "260701-000000-0004", ago=LONG_AGO, command="mark-good")
    taken_back = ran(tmp_path, "260701-000000-0005", ago=LONG_AGO)
    undo = f"hrmsops rollback undo-copy {taken_back}"
    ran(tmp_path, "261120-000000-0006", ago=timedelta(days=3), undo=undo)

    assert leaving(journal_in(tmp_path)) == [gone]


def test_a_run_that_is_half_forgotten_is_no_run_and_goes_with_the_next(tmp_path: Path) -> None:
    journal = journal_in(tmp_path)
    first = ran(tmp_path, "260701-000000-0001", ago=LONG_AGO)
    second = ran(tmp_path, "260701-000000-0002", ago=LONG_AGO)
    name = f"runs/{first}/0000"
    record = journal.store.read(name)
    assert record is not None
    journal.store.delete(name, generation=record.generation)

    assert [run.id for run in journal.runs()] == journal.run_ids() == [second]
    assert not journal.has(first)
    journal.forget(first)
    journal.forget(second)
    assert journal.store.names("") == []
