"""Users who write while a table is partitioned, each of whom knows what was acknowledged."""

from __future__ import annotations

import random
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg

from hrmsops.postgres.session import Target, connect
from tests.postgres.conftest import ask

WRITERS = 3
ROWS = 3_000
EPOCH = datetime(2026, 8, 1, tzinfo=UTC)
TABLE = f"""
CREATE TABLE staff (id int PRIMARY KEY);
INSERT INTO staff SELECT generate_series(0, 9);
CREATE TABLE log (id bigserial PRIMARY KEY, created_at timestamptz NOT NULL, owner int NOT NULL,
    amount int NOT NULL, counted int NOT NULL DEFAULT 0,
    staff int REFERENCES staff ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED);
CREATE INDEX log_created_at ON log (created_at);
INSERT INTO log (created_at, owner, amount, staff)
    SELECT '2026-08-01Z'::timestamptz + n * interval '40 minutes', n % {WRITERS}, 0, n % 10
    FROM generate_series(1, {ROWS}) n;
"""
Row = tuple[datetime, int, int]


class Writer(threading.Thread):
    """Inserts, changes and deletes rows of its own, and counts on rows of everybody.

    Every third works under REPEATABLE READ. What ends in an error was not acknowledged.
    """

    def __init__(self, target: Target, number: int, stop: threading.Event) -> None:
        super().__init__(name=f"writer {number}")
        self.number, self._target, self._stop_it = number, target, stop
        self._chance = random.Random(number)
        self._last = ROWS
        self.rows: dict[int, Row] = {}
        self.counts: dict[int, int] = {}
        self.trouble: list[str] = []
        self.acknowledged = 0
        self.longest = 0.0

    def load(self) -> None:
        found = ask(
            self._target, f"SELECT id, created_at, amount FROM log WHERE owner = {self.number}"
        )
        self.rows = {int(str(id_)): (at, amount, 0) for id_, at, amount in found}  # type: ignore[misc]

    def run(self) -> None:
        with connect(self._target) as session:
            session.prepare_threshold = 2
            if self.number % 3 == 2:
                session.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
            while not self._stop_it.is_set():
                self._write(session)

    def _write(self, session: psycopg.Connection[tuple[Any, ...]]) -> None:
        kind = self._chance.choice(("insert", "amount", "move", "delete", "count", "count"))
        try:
            with session.transaction():
                told = getattr(self, f"_{kind}")(session)
        except psycopg.Error as error:
            self.trouble.append(error.sqlstate or str(error))
            return
        told()
        self.acknowledged += 1

    def _insert(self, session: psycopg.Connection[tuple[Any, ...]]) -> Any:
        row = (self._moment(), self._chance.randrange(1000))
        [id_] = session.execute(
            "INSERT INTO log (created_at, owner, amount, staff) VALUES (%s, %s, %s, 1) RETURNING id",
            [row[0], self.number, row[1]],
        ).fetchone() or [0]
        self._last = max(self._last, id_)
        return lambda: self.rows.__setitem__(id_, (*row, 0))

    def _amount(self, session: psycopg.Connection[tuple[Any, ...]]) -> Any:
        id_, amount = self._own(), self._chance.randrange(1000)
        session.execute("UPDATE log SET amount = %s WHERE id = %s", [amount, id_])
        return lambda: self.rows.__setitem__(id_, (self.rows[id_][0], amount, 0))

    def _move(self, session: psycopg.Connection[tuple[Any, ...]]) -> Any:
        id_, at = self._own(), self._moment()
        session.execute("UPDATE log SET created_at = %s WHERE id = %s", [at, id_])
        return lambda: self.rows.__setitem__(id_, (at, self.rows[id_][1], 0))

    def _delete(self, session: psycopg.Connection[tuple[Any, ...]]) -> Any:
        id_ = self._own()
        session.execute("DELETE FROM log WHERE id = %s", [id_])
        return lambda: self.rows.pop(id_)

    def _count(self, session: psycopg.Connection[tuple[Any, ...]]) -> Any:
        """On a row of anybody's, which may be gone."""
        id_ = self._chance.randrange(1, ROWS)
        found = session.execute("UPDATE log SET counted = counted + 1 WHERE id = %s", [id_])
        done = found.rowcount
        return lambda: self.counts.__setitem__(id_, self.counts.get(id_, 0) + done)

    def _own(self) -> int:
        while (id_ := self._chance.randrange(1, self._last + 1)) not in self.rows:
            pass
        return id_

    def _moment(self) -> datetime:
        return EPOCH + timedelta(minutes=self._chance.randrange(ROWS * 40))


@contextmanager
def writing(target: Target) -> Iterator[list[Writer]]:
    """Within, users write; afterwards they have stopped."""
    stop = threading.Event()
    writers = [Writer(target, number, stop) for number in range(WRITERS)]
    for writer in writers:
        writer.load()
        writer.start()
    try:
        yield writers
    finally:
        stop.set()
        for writer in writers:
            writer.join(60)


def assert_all_is_there(target: Target, writers: list[Writer]) -> None:
    """Just what was acknowledged: nothing lost, nothing back again, nothing twice."""
    rows = ask(target, "SELECT id, created_at, amount, counted FROM log")
    assert len(rows) == len({row[0] for row in rows})
    found = {row[0]: (row[1], row[2]) for row in rows}
    wanted = {id_: row[:2] for writer in writers for id_, row in writer.rows.items()}
    assert found == wanted
    counted = {row[0]: row[3] for row in rows}
    for id_, times in counted.items():
        assert times == sum(writer.counts.get(int(str(id_)), 0) for writer in writers)
