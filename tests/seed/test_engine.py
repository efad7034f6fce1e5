"""Seeding a real database: what is written, what is left, and what nobody has to undo."""

from __future__ import annotations

from tests.seed.conftest import Place
from tests.seed.test_data import COUNTS

VERSIONS = "SELECT '{0}' || code || xmin::text || ctid::text FROM reference_{0}"
TABLES = ("bankbranch", "bank", "role", "leavetype", "taxbracket", "paycomponent")


def test_an_empty_hrms_gets_every_row_once_and_a_second_seed_writes_nothing(place: Place) -> None:
    first = place.write()

    assert first.counts == {t: {"add": n} for t, n in COUNTS.items()}
    assert place.ask("SELECT count(*), count(DISTINCT bank_id) FROM reference_bankbranch") == [
        (1364, 26)
    ]
    before = [place.ask(VERSIONS.format(each)) for each in TABLES]
    again = place.look()
    assert again.counts == {t: {"same": n} for t, n in COUNTS.items()}
    place.write()
    assert [place.ask(VERSIONS.format(each)) for each in TABLES] == before
