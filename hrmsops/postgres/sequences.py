"""Sequences moved forward, never back."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, LiteralString

from hrmsops.errors.database import StatementFailed
from hrmsops.postgres.catalog import Catalog, Sequence, TableName
from hrmsops.postgres.catalog_reading import read_catalog
from hrmsops.postgres.refusals import plainly
from hrmsops.postgres.session import Target, connect

if TYPE_CHECKING:
    from hrmsops.postgres.session import Session

_ENDS: LiteralString = """
    SELECT CASE n.nspname WHEN 'public' THEN '' ELSE n.nspname || '.' END || c.relname,
           ARRAY[q.seqmin, q.seqmax]
    FROM pg_sequence q JOIN pg_class c ON c.oid = q.seqrelid
    JOIN pg_namespace n ON n.oid = c.relnamespace
"""


@dataclass(frozen=True, kw_only=True)
class Advanced:
    """A sequence that was moved: its last number before and after."""

    sequence: TableName
    before: int | None
    after: int


def standing(target: Target, *, gap: int = 0) -> dict[str, int]:
    """The last number of each sequence that may be read, and `gap` more.

    Of a short sequence it is half of what is left: one at its end gives no row a number.
    """
    with connect(target, read_only=True) as session:
        found = read_catalog(session).sequences
        ends: dict[str, tuple[int, int]] = dict(session.execute(_ENDS).fetchall())
    wanted = {}
    for each in found:
        if each.last_value is not None:
            wanted[str(each.name)] = each.last_value + _gap(each, gap, ends[str(each.name)])
    return wanted


def _gap(of: Sequence, numbers: int, ends: tuple[int, int]) -> int:
    assert of.last_value is not None
    least, most = ends
    if of.increment > 0:
        return min(numbers * of.increment, (most - of.last_value) // 2)
    return -min(numbers * -of.increment, (of.last_value - least) // 2)


def behind(target: Target, wanted: Mapping[str, int]) -> tuple[TableName, ...]:
    """Sequences of `target` that do not stand where `wanted` says, or beyond."""
    with connect(target, read_only=True) as session:
        return tuple(
            each.name
            for each in read_catalog(session).sequences
            if str(each.name) in wanted
            and not _is_at(each.last_value, each, wanted[str(each.name)])
        )


def advance_to(target: Target, wanted: Mapping[str, int]) -> tuple[Advanced, ...]:
    """Move the sequences of `target` that are named to those numbers.

    To be done on a recovered database before it takes traffic: else it gives new rows the numbers
    of rows that were written in the old one, which then cannot be replayed.
    """
    with connect(target) as session, plainly(StatementFailed, address=target.address):
        moved = []
        for sequence in read_catalog(session).sequences:
            if (number := wanted.get(str(sequence.name))) is not None:
                moved += _advance(session, sequence, number)
        return tuple(moved)


def advance_to_rows(
    session: Session, catalog: Catalog, tables: Iterable[TableName]
) -> tuple[Advanced, ...]:
    """Move the sequences that belong to `tables` to the largest number in their columns."""
    from psycopg import sql

    wanted, moved = set(tables), []
    for sequence in catalog.sequences:
        if sequence.table not in wanted or sequence.column is None or sequence.table is None:
            continue
        edge = sql.SQL("max" if sequence.increment > 0 else "min")
        query = sql.SQL("SELECT {}({}) FROM {}").format(
            edge, sql.Identifier(sequence.column), sql.Identifier(*sequence.table)
        )
        row = session.execute(query).fetchone()
        if row and row[0] is not None:
            moved += _advance(session, sequence, int(row[0]))
    return tuple(moved)


def _advance(session: Session, sequence: Sequence, number: int) -> list[Advanced]:
    """One sequence, unless it is there already; read again, as it may have been used meanwhile."""
    from psycopg import sql

    name = sql.Identifier(*sequence.name)
    row = session.execute(sql.SQL("SELECT last_value, is_called FROM {}").format(name)).fetchone()
    assert row
    before = int(row[0]) if row[1] else None
    if _is_at(before, sequence, number):
        return []
    text = ".".join('"' + part.replace('"', '""') + '"' for part in sequence.name)
    session.execute("SELECT setval(%s::regclass, %s)", [text, number])
    return [Advanced(sequence=sequence.name, before=before, after=number)]


def _is_at(last: int | None, sequence: Sequence, number: int) -> bool:
    return last is not None and (number - last) * sequence.increment <= 0
