"""Who did the damage: read as it is typed, and held back where it cannot be told."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hrmsops.errors.replay import DamageNotUnderstood, MapNotUnderstood
from hrmsops.postgres.captured import Captured, Recorded
from hrmsops.postgres.writers import Writer
from hrmsops.rollback.damage import (
    Damage,
    proposed,
    recorded,
    recovered_already,
    renamed,
    span,
    typed,
    written,
)

AT = datetime(2026, 11, 23, 10, 45, 12, tzinfo=UTC)


@given(st.integers(min_value=1, max_value=2**62), st.integers(min_value=1, max_value=10**9))
def test_transactions_are_read_as_they_are_written(first: int, count: int) -> None:
    assert span(written((first, first + count))) == (first, first + count)


@pytest.mark.parametrize("text", ["", "0007_zero", "9-3", "-4", "1-2-3"])
def test_what_names_no_transaction_is_refused(text: str) -> None:
    with pytest.raises(DamageNotUnderstood):
        typed([text], is_harmless=False)


def test_a_renamed_column_is_read_with_its_table() -> None:
    words = ["payroll_payslip.amount=amount_due", "hr.person.name=full_name", "hr.person.no=number"]
    assert renamed(words) == {
        "payroll_payslip": {"amount": "amount_due"},
        "hr.person": {"name": "full_name", "no": "number"},
    }
    with pytest.raises(MapNotUnderstood):
        renamed(["amount=amount_due"])


def test_the_ledger_names_one_transaction_and_leaves_its_neighbours_in_doubt() -> None:
    ledger = (Recorded(migration="payroll.0007_zero", number=50, first=50, end=60),)
    known = recorded(Captured(made_at=AT, horizon=40, written_from=90, ledger=ledger))

    provenance = known.provenance()

    assert known.is_known
    assert known.words == ("50",)
    said = {number: provenance.is_migration(number) for number in (45, 50, 55, 60)}
    assert said == {45: False, 50: True, 55: None, 60: False}
    assert [n for n in (45, 50, 55, 60) if provenance.is_in_doubt(n)] == [55]


def test_a_migration_whose_end_is_unknown_leaves_all_that_came_after_in_doubt() -> None:
    ledger = (Recorded(migration="payroll.0007_zero", number=None, first=50, end=2**62),)
    known = recorded(Captured(made_at=AT, horizon=40, written_from=90, ledger=ledger))

    assert known.is_known
    assert known.provenance().is_migration(45) is False
    assert known.provenance().is_migration(1000) is None


def test_what_the_recovered_database_holds_was_not_the_damage() -> None:
    captured = Captured(made_at=AT, horizon=40, written_from=90, in_flight=frozenset({35}))
    words = ["30", "35", "32-36", "39", "39-40", "40", "41-50"]

    assert recovered_already(typed(words, is_harmless=False), captured) == ("30", "39")
    assert recovered_already(typed([], is_harmless=True), captured) == ()


def test_who_recorded_a_migration_is_proposed_and_nobody_else() -> None:
    writers = [_writer(50, "payroll.0007_zero"), _writer(51)]

    assert proposed(writers).spans == ((50, 51),)
    assert proposed(writers).evidence == "recorded payroll.0007_zero"
    assert not proposed(writers[1:]).is_known


def test_without_damage_every_difference_is_a_users() -> None:
    known = typed([], is_harmless=True)

    assert known.is_known
    assert known.provenance().is_migration(7) is False
    assert not Damage().is_known


def _writer(number: int, *migrations: str) -> Writer:
    return Writer(number=number, rows={"slip": 3}, migrations=migrations, committed_at=None)
