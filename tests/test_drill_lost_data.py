"""A migration loses data under live traffic; by the wizard every write is back, or is listed."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest

from hrmsops.sandbox.blueprint import PRODUCTION
from hrmsops.sandbox.client import Client
from hrmsops.sandbox.destruction import destroy
from hrmsops.sandbox.estate import Estate
from hrmsops.sandbox.home import Home
from hrmsops.sandbox.scenarios.lists import listing_in
from hrmsops.sandbox.scenarios.operator import desk_in
from hrmsops.sandbox.scenarios.proof import lost_writes
from hrmsops.sandbox.scenarios.record import Record
from hrmsops.sandbox.writes import Acknowledged
from tests.engineer import plays
from tests.test_drill import DRILL_SECONDS_MAX, drill, why

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("drills")]

EVENTS = [
    "deployed", "traffic", "released", "detected", "decided", "held", "shifted", "replayed",
    "let-go", "verified",
]  # fmt: skip


class Drilled:
    """A drill that was played once, its sandbox still up."""

    def __init__(self, folder: Path, told: Any) -> None:
        self.folder, self.told = folder, told
        client = Client.of(Home(folder))
        self.estate = Estate(client, environments=(PRODUCTION,), say=lambda _sentence: None)

    @property
    def acknowledged(self) -> list[Acknowledged]:
        lines = (self.folder / "acknowledged.jsonl").read_text().splitlines()
        return [Acknowledged(**json.loads(line)) for line in lines]

    def lost(self) -> list[Acknowledged]:
        missing = lost_writes(self.estate.dsn(PRODUCTION), self.acknowledged)
        desk = desk_in(Home(self.folder), self.estate.passwords(PRODUCTION))
        return listing_in(Record.read(desk).listings(desk)).without(missing)


@pytest.fixture(scope="module")
def drilled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Drilled]:
    folder = tmp_path_factory.mktemp("lost-data")
    home = folder / "drill"
    try:
        told, _asked = plays("lost-data", "-i", "--keep", "--dir", str(home), cwd=folder)
        yield Drilled(home, told)
    finally:
        destroy(Home(home))


def test_production_comes_back_with_every_write_and_nobody_is_paid_twice(drilled: Drilled) -> None:
    told = drilled.told
    assert (told["scenario"], told["recovered"], told["lost_writes"]) == ("lost-data", True, [])
    assert [each["event"] for each in told["timeline"]] == EVENTS
    assert told["replayed"] > 0
    assert told["conflicts"] > 0, "users wrote on damaged values"
    assert told["payments_doubled"] == 0
    assert set(Counter(each.op for each in drilled.acknowledged)) == {"insert", "update", "delete"}
    assert told["run"]


def test_the_damage_is_gone(drilled: Drilled) -> None:
    with psycopg.connect(drilled.estate.dsn(PRODUCTION)) as database:
        for query in (
            "SELECT count(*) FROM payroll_payslipline WHERE amount = 0",
            "SELECT count(*) FROM leave_leaverequest WHERE leave_type = ''",
        ):
            assert database.execute(query).fetchone() == (0,)
        generated = database.execute(
            "SELECT count(*) FROM payroll_payslipline"
            " WHERE component = 'PAYE' AND request_id IS NULL"
        ).fetchone()
        department = database.execute(
            "SELECT count(*) > 0 FROM employees_employee WHERE department_code = 'FIN'"
        ).fetchone()
    assert generated is not None
    assert generated[0] >= 300, "the rows that it deleted are back"
    assert department == (True,), "and the column that it dropped, with its values"


def test_a_row_that_is_taken_away_behind_its_back_is_lost_and_one_that_is_back_too(
    drilled: Drilled,
) -> None:
    before = drilled.lost()
    kept = next(
        each
        for each in drilled.acknowledged
        if each.table == "core_auditlog" and each not in before
    )
    gone = next(
        each
        for each in reversed(drilled.acknowledged)
        if each.table == "leave_leaverequest" and each.op == "delete" and each not in before
    )
    back = (
        "INSERT INTO leave_leaverequest (id, employee_id, leave_type, starts_on, ends_on,"
        " created_at) SELECT %s, min(id), 'annual', '2024-01-01', '2024-01-02', now()"
        " FROM employees_employee"
    )
    with psycopg.connect(drilled.estate.dsn(PRODUCTION)) as database:
        database.execute("DELETE FROM core_auditlog WHERE id = %s", [kept.row_id])
        database.execute(back, [gone.row_id])
    found = [each for each in drilled.lost() if each not in before]
    assert {(each.table, each.row_id, each.op) for each in found} == {
        ("core_auditlog", kept.row_id, "insert"),
        ("leave_leaverequest", gone.row_id, "delete"),
    }


def test_one_emptied_table_is_copied_back_while_users_write_to_it(tmp_path: Path) -> None:
    ended = drill("--tables", "--json", cwd=tmp_path, scenario="lost-data")
    assert ended.code == 0, why(ended)
    told = ended.document
    assert told["lost_writes"] == []
    assert told["replayed"] >= 300, "the generated rows and those that users had added"
    assert told["payments_doubled"] == 0
    assert [each["event"] for each in told["timeline"]] == [
        "deployed", "traffic", "released", "detected", "advised", "decided", "held", "copied",
        "let-go", "verified",
    ]  # fmt: skip
    assert list(tmp_path.iterdir()) == [], "the drill left something behind"


@pytest.mark.timeout(4 * DRILL_SECONDS_MAX)
def test_the_four_one_after_another_are_one_document(tmp_path: Path) -> None:
    ended = drill("--json", cwd=tmp_path, scenario="all", seconds=4 * DRILL_SECONDS_MAX)
    assert ended.code == 0, ended.err
    told = {each["scenario"]: each for each in ended.document["drills"]}
    assert set(told) == {"bad-release", "bad-migration", "lost-data", "total-failure"}
    assert [name for name, each in told.items() if each["taken"] != each["prescribed"]] == []
    assert list(tmp_path.iterdir()) == [], "the drills left something behind"
