"""Where the old database is gone, the application's log of committed writes brings them back."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from hrmsops.errors.recovery import LogNotReplayable, LogUnreadable
from hrmsops.postgres.apply import apply
from hrmsops.postgres.changes import Manifest, read_changes
from hrmsops.postgres.session import Target, connect
from hrmsops.postgres.write_log import from_log
from tests.postgres.conftest import Make, ask, horizon, run, transaction

Clone = Callable[[Target], Target]
AT = datetime(2026, 11, 23, 10, 45, 12, tzinfo=UTC)
SCHEMA = """
CREATE TABLE employee (id bigserial PRIMARY KEY, name varchar(20) NOT NULL, pay numeric(12,2),
    since timestamptz, tags text[], facts jsonb, is_on boolean);
CREATE TABLE slip (id bigserial PRIMARY KEY, employee_id bigint NOT NULL REFERENCES employee);
CREATE TABLE mail_outbox (id int PRIMARY KEY);
INSERT INTO employee (name, pay) VALUES ('one', 1), ('two', 2), ('three', 3);
"""


class Log:
    """An application that logs what it has committed, as each commit returns."""

    def __init__(self, path: Path) -> None:
        self.path, self._lines = path, 0

    def add(self, table: str, op: str, key: int, number: int = 10**9, **columns: object) -> None:
        self._lines += 1
        line = {
            "severity": "INFO",
            "message": "committed",
            "table": table,
            "key": {"id": key},
            "op": op,
            "columns": columns,
            "transaction": number,
            "committed_at": (AT + timedelta(seconds=self._lines)).isoformat(),
        }
        self.say(json.dumps(line))

    def say(self, line: str) -> None:
        with self.path.open("a") as file:
            file.write(line + "\n")

    def plan(
        self,
        base: Target,
        folder: Path,
        horizon: int | None = None,
        until: datetime | None = None,
    ) -> Manifest:
        return from_log(self.path, base, horizon=horizon, until=until, folder=folder, made_at=AT)


@pytest.fixture
def log(tmp_path: Path) -> Log:
    return Log(tmp_path / "committed.jsonl")


@pytest.fixture
def base(make: Make) -> Target:
    return make(SCHEMA)


def test_a_log_that_was_exported_late_brings_back_nothing_that_was_deleted_since(
    base: Target, log: Log, tmp_path: Path
) -> None:
    log.add("employee", "insert", 10, name="before the shift")
    log.add("employee", "insert", 11, name="after it, and deleted after the export")
    found = log.plan(base, tmp_path / "plan", until=AT + timedelta(seconds=2))
    assert found.count("insert") == 1
    apply(tmp_path / "plan", base, batch_rows=2)
    assert ask(base, "SELECT id FROM employee WHERE id > 9") == [(10,)]


def test_what_was_committed_is_there_afterwards(base: Target, log: Log, tmp_path: Path) -> None:
    log.say('{"severity": "INFO", "message": "request", "path": "/healthz"}')
    log.add("slip", "insert", 1, employee_id=9)
    log.add(
        "employee",
        "insert",
        9,
        name="nine",
        pay=1.1,
        since="2026-11-23T10:00:00Z",
        tags=["a", None, 'b"'],
        facts={"x": [1, 2.5]},
        is_on=True,
    )
    log.add("employee", "update", 9, name="still nine")
    log.add("employee", "update", 1, pay="1.50")
    log.add("employee", "delete", 2)
    log.add("employee", "insert", 10, name="gone again")
    log.add("employee", "delete", 10)
    log.add("mail_outbox", "insert", 1)

    found = log.plan(base, tmp_path / "plan")
    done = apply(tmp_path / "plan", base, batch_rows=2)

    assert (found.count("insert"), found.count("update"), found.count("delete")) == (2, 1, 1)
    assert [str(each) for each in found.excluded] == ["mail_outbox"]
    assert done.left == 0
    assert ask(
        base,
        "SELECT id, name, pay::text, since::text, tags::text, facts::text, is_on"
        " FROM employee ORDER BY id",
    ) == [
        (1, "one", "1.50", None, None, None, None),
        (3, "three", "3.00", None, None, None, None),
        (
            9,
            "still nine",
            "1.10",
            "2026-11-23 10:00:00+00",
            '{a,NULL,"b\\""}',
            '{"x": [1, 2.5]}',
            True,
        ),
    ]
    assert log.plan(base, tmp_path / "again").tables == ()


def test_what_the_recovered_database_holds_is_not_replayed(
    base: Target, log: Log, clone: Clone, tmp_path: Path
) -> None:
    with connect(base) as session:
        before = transaction(session, "UPDATE employee SET pay = 5 WHERE id = 1")
        transaction(session, "UPDATE employee SET pay = 6 WHERE id = 1")
    recovered = clone(base)
    first = horizon(recovered)
    log.add("employee", "update", 1, before, pay="5.00")
    log.add("employee", "update", 2, first + 50, pay="7.00")

    found = log.plan(recovered, tmp_path / "plan", first)
    apply(tmp_path / "plan", recovered, batch_rows=10)

    assert found.count("update") == 1
    assert ask(recovered, "SELECT id, pay::text FROM employee ORDER BY id") == [
        (1, "6.00"),
        (2, "7.00"),
        (3, "3.00"),
    ]


def test_numbers_that_the_recovery_gave_to_its_own_transactions_are_not_taken_for_recovered(
    base: Target, log: Log, clone: Clone, tmp_path: Path
) -> None:
    recovered = clone(base)
    with connect(recovered) as session:
        own = transaction(session, "CREATE SCHEMA hrmsops")
    log.add("employee", "update", 1, own, pay="7.00")

    found = log.plan(recovered, tmp_path / "plan", horizon(recovered))

    assert found.count("update") == 1


def test_a_log_that_is_not_there_is_told(base: Target, tmp_path: Path) -> None:
    with pytest.raises(LogUnreadable):
        Log(tmp_path / "none.jsonl").plan(base, tmp_path / "plan")


def test_what_has_no_place_is_listed(base: Target, log: Log, tmp_path: Path) -> None:
    log.add("employee", "insert", 9, name="x", email="x@nhia.example")
    log.add("employee", "insert", 8, pay="1")
    log.add("employee", "update", 77, pay="1")
    log.add("bonus", "insert", 1, amount="5")

    found = log.plan(base, tmp_path / "plan")

    reasons = {
        (str(table.table), change.key[0]): change.reason
        for table in found.tables
        for _, change in read_changes(tmp_path / "plan", table)
        if change.op == "conflict"
    }
    assert reasons == {
        ("employee", "9"): "column-not-in-recovered-schema",
        ("employee", "8"): "needs-a-column-that-is-gone",
        ("employee", "77"): "row-not-in-recovered-database",
        ("bonus", "1"): "table-not-in-recovered-schema",
    }
    assert found.count("insert") == 1


def test_a_row_that_was_written_since_is_left(base: Target, log: Log, tmp_path: Path) -> None:
    log.add("employee", "update", 1, pay="9.00")
    log.plan(base, tmp_path / "plan")
    run(base, "UPDATE employee SET pay = 4 WHERE id = 1")

    done = apply(tmp_path / "plan", base, batch_rows=10)

    assert [left.reason for left in done.tables[0].left] == ["changed-meanwhile"]


@pytest.mark.parametrize(
    ("line", "lacks"),
    [
        ('{"message": "committed", "table": "t"}', "Object missing required field `key`"),
        ('{"message": "comm', "JSON is malformed"),
        (
            '{"message": "committed", "table": "t", "key": {"id": 1}, "op": "delete",'
            ' "columns": {},'
            ' "transaction": 5, "committed_at": "2026-11-23T10:00:00"}',
            "Its committed_at has no zone.",
        ),
    ],
)
def test_a_line_that_cannot_be_replayed_is_named(
    base: Target, log: Log, tmp_path: Path, line: str, lacks: str
) -> None:
    log.add("employee", "delete", 1)
    log.say(line)

    with pytest.raises(LogNotReplayable) as raised:
        log.plan(base, tmp_path / "plan")

    assert raised.value.what.startswith("Line 2 of ")
    assert raised.value.why.startswith(lacks)
