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
    candidates,
    left_out,
    proposed,
    recorded,
    recovered_already,
    renamed,
    span,
    typed,
    with_ledger,
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


LEDGER = (
    Recorded(migration="payroll.0007_zero", number=50, first=50, end=60),
    Recorded(migration="payroll.0008_more", number=None, first=70, end=2**62),
)


@pytest.mark.parametrize(
    ("words", "missing"),
    [
        (["55"], ("payroll.0007_zero (50)", "payroll.0008_more (70)")),
        (["50"], ("payroll.0008_more (70)",)),
        (["50", "71"], ()),
        (["45-80"], ()),
        ([], ()),
    ],
)
def test_a_migration_of_the_ledger_that_was_not_named_is_told(
    words: list[str], missing: tuple[str, ...]
) -> None:
    captured = Captured(made_at=AT, horizon=40, written_from=90, ledger=LEDGER)
    assert left_out(typed(words, is_harmless=False), captured) == missing


def test_what_the_ledger_leaves_in_doubt_is_no_users_because_a_number_was_named() -> None:
    captured = Captured(made_at=AT, horizon=40, written_from=90, ledger=LEDGER)

    provenance = with_ledger(typed(["50", "71"], is_harmless=False), captured).provenance()

    said = {number: provenance.is_migration(number) for number in (50, 55, 60, 71, 72)}
    assert said == {50: True, 55: None, 60: False, 71: True, 72: False}


def test_candidates_are_the_migrations_and_then_who_wrote_the_most() -> None:
    writers = (*map(_writer, range(60, 70)), _writer(50, "payroll.0007_zero"))
    captured = Captured(made_at=AT, horizon=40, written_from=90, writers=writers)

    assert candidates(captured) == ("50 (payroll.0007_zero)", "60", "61", "62", "63")


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
