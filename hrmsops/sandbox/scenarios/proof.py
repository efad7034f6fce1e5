"""Whether every write that was acknowledged is in the database, asked of the database itself."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any

from hrmsops.sandbox.writes import Acknowledged, Row

ALL = "*"
Rows = Mapping[int, Mapping[str, Any]]
"""A table's rows by key."""


@dataclass(frozen=True)
class Listing:
    """Rows of which an operator was told that a write is not in the database, and which columns."""

    rows: Mapping[Row, frozenset[str]]
    """ALL among the columns stands for every one."""

    def without(self, lost: Iterable[Acknowledged]) -> list[Acknowledged]:
        """Those that are not in the list.

        A row that is named names its deletion, and that of the rows which were to go with it.
        """
        lost = list(lost)
        named = {each.request_id for each in lost if each.op == "delete" and self._names(each)}
        return [
            each
            for each in lost
            if not self._names(each) and not (each.op == "delete" and each.request_id in named)
        ]

    def _names(self, write: Acknowledged) -> bool:
        columns = self.rows.get(write.row)
        return columns is not None and (ALL in columns or columns >= set(write.columns))


def lost_writes(
    dsn: str, acknowledged: Iterable[Acknowledged], *, in_doubt: Collection[Row] = ()
) -> list[Acknowledged]:
    """The acknowledged writes that do not hold: `columns` are those that the database has not.

    A row must be as it was last acknowledged: there with those values, or gone. A row that is there
    again is its deletion lost. Where the database went back without its sequences, a key is given
    out anew: of its rows each is judged, and the request that inserted it tells which one is there.
    Rows `in_doubt` may have been written again without an answer, and are left out. `dsn` is a
    libpq connection string of a role that may read the tables; a database that does not answer
    holds nothing.
    """
    lost: list[Acknowledged] = []
    for table, keys in _lives(acknowledged).items():
        judged = {key: each for key, each in keys.items() if (table, key) not in in_doubt}
        found = _rows(dsn, table, sorted(judged))
        for key, lives in judged.items():
            there = found.get(key) if found is not None else None
            for life in lives:
                is_it = len(lives) == 1 or (there or {}).get("request_id") == life.inserted_by
                lost += _lost(life.standing, there if is_it else None)
    return lost


@dataclass
class _Life:
    """A row from its insert on: `standing` are its writes that still count."""

    inserted_by: str
    standing: list[Acknowledged]


def _lives(acknowledged: Iterable[Acknowledged]) -> dict[str, dict[int, list[_Life]]]:
    """The rows that each key of each table has had, with the columns that no later write wrote."""
    lives: dict[str, dict[int, list[_Life]]] = defaultdict(lambda: defaultdict(list))
    for write in acknowledged:
        found = lives[write.table][write.row_id]
        if write.op == "insert" or not found:
            found.append(_Life(write.request_id, []))
        found[-1].standing = [*_left(found[-1].standing, write), write]
    return lives


def _left(before: Iterable[Acknowledged], write: Acknowledged) -> Iterator[Acknowledged]:
    if write.op == "update":
        for earlier in before:
            columns = {k: v for k, v in earlier.columns.items() if k not in write.columns}
            yield replace(earlier, columns=columns)


def _rows(dsn: str, table: str, keys: list[int]) -> Rows | None:
    """The rows of these keys; None where the database does not answer."""
    import psycopg
    from psycopg import sql
    from psycopg.rows import dict_row

    query = sql.SQL("SELECT * FROM {} WHERE id = ANY(%s)").format(sql.Identifier(table))
    try:
        with psycopg.connect(
            dsn, connect_timeout=5, application_name="hrmsops drill", row_factory=dict_row
        ) as connection:
            connection.execute("SET statement_timeout = '30s'; SET timezone = 'UTC'")
            return {row["id"]: row for row in connection.execute(query, [keys])}
    except psycopg.Error:
        return None


def _lost(writes: list[Acknowledged], found: Mapping[str, Any] | None) -> Iterator[Acknowledged]:
    if writes[-1].op == "delete":
        if found is not None:
            yield writes[-1]
        return
    for write in writes:
        if found is None:
            yield write
        elif missing := {k: v for k, v in write.columns.items() if not _holds(found, k, v)}:
            yield replace(write, columns=missing)


def _holds(found: Mapping[str, Any], column: str, value: Any) -> bool:
    """Whether a column has that value, which came as JSON."""
    if column not in found:
        return False
    actual = found[column]
    if isinstance(actual, Decimal):
        try:
            return Decimal(str(value)) == actual
        except InvalidOperation:
            return False
    if isinstance(actual, date):  # A datetime is one.
        return bool(actual.isoformat() == value)
    return bool(actual == value)
