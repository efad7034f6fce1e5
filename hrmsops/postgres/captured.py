"""What a capture kept: rows that differ, who wrote them, and what either database has on record."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import msgspec

from hrmsops.errors.recovery import PlanFilesChanged
from hrmsops.postgres.catalog import TableName
from hrmsops.postgres.changes import read_sealed, sha256_of
from hrmsops.postgres.differences import Key
from hrmsops.postgres.rows import Row
from hrmsops.postgres.writers import Writer


class Sighted(msgspec.Struct, frozen=True, array_like=True):
    """One row in both databases, with every column of each that can be written; None is absent.

    Columns that both have bear one name; `now` holds besides what the recovered schema has no
    place for, `base` what the old one has lost.
    """

    key: Key
    base: Row | None
    now: Row | None
    writer: int | None
    """Who wrote `now` last."""


class TableCaptured(msgspec.Struct, frozen=True, kw_only=True):
    """One table's file, and how its columns met. `kinds` counts rows; no value is in here."""

    table: TableName
    key: tuple[str, ...]
    file: str
    sha256: str
    kinds: dict[str, int]
    """`only_base`, `only_now`, `different`, and `same`: equal so far as the schemas meet."""
    columns: tuple[str, ...]
    """That both have."""
    only_base: tuple[str, ...]
    only_now: tuple[str, ...]
    required: tuple[str, ...]
    """Of `only_base`: those without which the recovered schema takes no row."""
    is_new: bool
    """The recovered schema does not have this table."""

    @property
    def rows(self) -> int:
        return sum(self.kinds.values())


class Recorded(msgspec.Struct, frozen=True, kw_only=True):
    """A migration as the old database's own ledger has it: by the numbers of its transactions."""

    migration: str
    number: int | None
    """The transaction that recorded it; None where its end is not known."""
    first: int
    end: int
    """Its savepoints, and other transactions of one that is not atomic, are from `first` to before
    this; users' transactions may be among them."""


class Captured(msgspec.Struct, frozen=True, kw_only=True):
    """What a folder holds. Tables stand so that each comes after those that it refers to."""

    made_at: datetime
    horizon: int
    """The first transaction number that the recovered database does not hold (`horizon_of`)."""
    in_flight: frozenset[int] = frozenset()
    """Smaller numbers that it does not hold either (`in_flight`)."""
    written_from: int
    """Rows of the recovered database whose writer is this or later were written since."""
    tables: tuple[TableCaptured, ...] = ()
    excluded: tuple[TableName, ...] = ()
    unmergeable: tuple[TableName, ...] = ()
    unreadable: tuple[TableName, ...] = ()
    """Tables that our role may not read: nothing of them is kept."""
    writers: tuple[Writer, ...] = ()
    """Of the rows that were kept, those who wrote the most; migrations are always among them."""
    ledger: tuple[Recorded, ...] = ()
    has_old: bool = True
    """False where there was no old database to read: then only the horizon is known."""

    @property
    def rows(self) -> int:
        return sum(each.rows for each in self.tables)

    @property
    def since(self) -> int:
        """The first number of a transaction that it may lack."""
        return min(self.in_flight, default=self.horizon)

    def lacks(self, number: int) -> bool:
        """Whether the recovered database does not hold that transaction."""
        return number >= self.horizon or number in self.in_flight


def read_captured(folder: Path) -> Captured:
    """What a folder holds, its files as they were written; raises PlanFilesChanged."""
    found = read_sealed(folder, Captured)
    changed = [e.file for e in found.tables if sha256_of(folder / e.file) != e.sha256]
    if changed:
        raise PlanFilesChanged(folder=str(folder), files=tuple(changed))
    return found


def last_writers(folder: Path, captured: Captured) -> Iterator[int]:
    """Who wrote a row that was kept, once a row; memory is constant."""
    for table in captured.tables:
        for row in read_sighted(folder, table):
            if row.writer is not None and captured.lacks(row.writer):
                yield row.writer


def read_sighted(folder: Path, table: TableCaptured) -> Iterator[Sighted]:
    """The rows of one table, in the order of its file."""
    decoder = msgspec.json.Decoder(Sighted)
    with (folder / table.file).open("rb") as file:
        for line in file:
            yield decoder.decode(line)
