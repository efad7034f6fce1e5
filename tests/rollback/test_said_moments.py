"""A moment that is said by a migration or by a run, and on whose clock."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from hrmsops.errors.cutover import MigrationNotApplied
from hrmsops.postgres.ledger import LedgerEntry
from hrmsops.rollback.moments import Applied, Recorded, before_migration, next_applied

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
PG = "pg-0001"


def entry(*, is_atomic: bool, outcome: str = "applied") -> LedgerEntry:
    return LedgerEntry(
        app="payroll",
        name="0003_zero",
        run="261123-104512-7f3a",
        operator="ama@nhia.example",
        image="",
        commit="",
        leaves=(),
        is_atomic=is_atomic,
        started_at=NOON,
        started_lsn="0/1",
        first_xid=700,
        ended_at=NOON + timedelta(seconds=40),
        ended_lsn="0/2",
        xid=701,
        until_xid=702,
        outcome=outcome,
        sqlstate="",
        operation=0,
        statement=0,
        is_in_doubt=False,
    )


def recorded(*entries: LedgerEntry) -> Recorded:
    applied = Applied(migration="payroll.0003_zero", at=NOON + timedelta(seconds=41))
    return Recorded(applied=(applied,), ledger=entries)


def test_an_atomic_migration_is_left_out_by_the_moment_before_its_commit() -> None:
    found = before_migration("payroll.0003_zero", recorded(entry(is_atomic=True)), instance=PG)
    assert found.at == NOON + timedelta(seconds=40)
    assert found.without == "payroll.0003_zero"
    assert "ledger, before its commit" in found.evidence


def test_one_that_is_not_atomic_is_left_out_by_its_start() -> None:
    found = before_migration("payroll.0003_zero", recorded(entry(is_atomic=False)), instance=PG)
    assert found.at == NOON
    assert "the start of payroll.0003_zero" in found.evidence


def test_without_a_ledger_djangos_own_record_counts_and_its_clock_is_doubted() -> None:
    found = before_migration("payroll.0003_zero", recorded(), instance=PG)
    assert found.at == NOON + timedelta(seconds=41)
    assert found.without == "payroll.0003_zero"
    assert "not atomic had begun earlier" in found.evidence


def test_a_migration_that_is_not_applied_is_told_with_its_neighbours() -> None:
    with pytest.raises(MigrationNotApplied) as raised:
        before_migration("payroll.0003_zer", recorded(), instance=PG)
    assert raised.value.why == "The nearest are payroll.0003_zero."


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(0, "41 seconds before"), (-600, "11 minutes before"), (60, "")],
)
def test_a_moment_is_told_by_the_migration_that_came_after_it(seconds: int, words: str) -> None:
    told = next_applied(NOON + timedelta(seconds=seconds), recorded())
    assert told.startswith(words)
    assert bool(told) == bool(words)
