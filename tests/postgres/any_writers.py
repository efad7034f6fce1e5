"""Users who write to a table of any make while it is partitioned, and what each was promised."""

from __future__ import annotations

import random
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from typing import Any

import psycopg

from hrmsops.partition.quoting import name
from hrmsops.postgres.session import Target, connect
from tests.postgres.any_table import Make
from tests.postgres.conftest import ask

EPOCH = date(2026, 9, 1)
DAYS = 60
Row = tuple[str, int]
Told = Callable[[], object]
UNSEEN = "unseen"


class Unseen(psycopg.Error):
    """A row of one's own was not found, and no promise was made."""


class AnyWriter(threading.Thread):
    """Inserts, changes, moves and deletes rows of its own, and counts on those of everybody.

    What ends in an error was not promised. Every third works under REPEATABLE READ.
    """

    def __init__(self, target: Target, made: Make, number: int, stop: threading.Event) -> None:
        super().__init__(name=f"writer {number}")
        self.number, self._target, self._made, self._stop_it = number, target, made, stop
        self._chance = random.Random(number)
        self._at, self._table = name(made.at), made.sql
        self.rows: dict[str, Row] = dict(read(target, made, f"owner = {number}"))
        self._anybodys = [key for key, _ in read(target, made, "true")]
        self.counts: Counter[str] = Counter()
        self.trouble: list[str] = []
        self.acknowledged = 0

    @property
    def sees_one_moment(self) -> bool:
        return self.number % 3 == 2

    def run(self) -> None:
        with connect(self._target) as session:
            session.prepare_threshold = 2
            if self.sees_one_moment:
                session.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
            while not self._stop_it.wait(0.001):
                self._write(session)

    def _write(self, session: psycopg.Connection[tuple[Any, ...]]) -> None:
        write = self._chance.choice(self._kinds())
        try:
            with session.transaction():
                told = write(psycopg.RawCursor(session))
        except psycopg.Error as error:
            self.trouble.append(
                UNSEEN if isinstance(error, Unseen) else error.sqlstate or str(error)
            )
            return
        told()
        self.acknowledged += 1

    def _kinds(self) -> list[Callable[[Any], Told]]:
        """One user alone takes away what others refer to, and seldom: they deadlock over that."""
        kinds: list[Callable[[Any], Told]] = [self._insert, self._count, self._count]
        if self.rows:
            kinds += 3 * [self._change, self._move, self._remove, self._twice, self._insert]
        if self._made.refers and self.number == 0:
            kinds.append(self._part)
        return kinds

    def _insert(self, cursor: Any) -> Told:
        row = (self._moment(), self._chance.randrange(1, 1000))
        found = cursor.execute(
            f"INSERT INTO {self._table} ({self._at}, owner, n) VALUES ($1, $2, $3)"
            f" RETURNING id::text, {self._at}::date::text",
            [row[0], self.number, row[1]],
        ).fetchone()
        return lambda: self.rows.__setitem__(found[0], (found[1], row[1]))

    def _change(self, cursor: Any) -> Told:
        key, n = self._own(), self._chance.randrange(1, 1000)
        self._one(cursor, f"UPDATE {self._table} SET n = $2 WHERE id::text = $1", [key, n])
        return lambda: self.rows.__setitem__(key, (self.rows[key][0], n))

    def _move(self, cursor: Any) -> Told:
        key, at = self._own(), self._moment()
        move = f"UPDATE {self._table} SET {self._at} = $2 WHERE id::text = $1"
        self._one(cursor, move, [key, at])
        return lambda: self.rows.__setitem__(key, (str(at), self.rows[key][1]))

    def _remove(self, cursor: Any) -> Told:
        key = self._own()
        self._one(cursor, f"DELETE FROM {self._table} WHERE id::text = $1", [key])
        return lambda: self.rows.pop(key)

    def _twice(self, cursor: Any) -> Told:
        """A row that is inserted and moved in one transaction, and another that goes in it."""
        first, second = self._insert(cursor), self._remove(cursor)
        return lambda: (first(), second())

    def _count(self, cursor: Any) -> Told:
        """On a row that others change and count on too, and that may be gone."""
        key = self._chance.choice(self._anybodys)
        count = f"UPDATE {self._table} SET counted = counted + 1 WHERE id::text = $1"
        done = cursor.execute(count, [key]).rowcount
        return lambda: self.counts.update({key: done})

    def _part(self, cursor: Any) -> Told:
        """A row of the table that it refers to goes, and comes again; no row of the table does."""
        other = self._chance.randrange(1, 10)
        cursor.execute("DELETE FROM other WHERE id = $1", [other])
        cursor.execute("INSERT INTO other VALUES ($1) ON CONFLICT DO NOTHING", [other])
        return lambda: None

    def _one(self, cursor: Any, statement: str, values: list[Any]) -> None:
        """Who sees the table as it was before a swap may see no row in the one after it."""
        cursor.execute(statement, values)
        if cursor.rowcount != 1:
            raise Unseen

    def _own(self) -> str:
        return self._chance.choice(sorted(self.rows))

    def _moment(self) -> date:
        return EPOCH + timedelta(days=self._chance.randrange(DAYS))


@contextmanager
def any_writing(target: Target, made: Make, *, writers: int) -> Iterator[list[AnyWriter]]:
    """Within, users write; afterwards they have stopped."""
    stop = threading.Event()
    found = [AnyWriter(target, made, number, stop) for number in range(writers)]
    for writer in found:
        writer.start()
    try:
        yield found
    finally:
        stop.set()
        for writer in found:
            writer.join(60)


def read(target: Target, made: Make, which: str) -> list[tuple[str, Row]]:
    """By id: the day and the number of each row of some."""
    columns = f"id::text, {name(made.at)}::date::text, n"
    rows = ask(target, f"SELECT {columns} FROM {made.sql} WHERE {which}")
    return [(str(id_), (str(at), int(str(n)))) for id_, at, n in rows]


def assert_promises_are_kept(target: Target, made: Make, writers: list[AnyWriter]) -> None:
    """Nothing lost, nothing back again, nothing twice, nothing old."""
    mine = f"owner < {len(writers)}"
    rows = read(target, made, mine)
    found = dict(rows)
    assert len(rows) == len(found)
    assert found == {key: row for writer in writers for key, row in writer.rows.items()}
    for key, counted in ask(target, f"SELECT id::text, counted FROM {made.sql}"):
        assert counted == sum(writer.counts[str(key)] for writer in writers)
