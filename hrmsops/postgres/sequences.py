"""Sequences moved forward, never back."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from hrmsops.errors.database import StatementFailed
from hrmsops.postgres.catalog import Catalog, Sequence, TableName
from hrmsops.postgres.catalog_reading import read_catalog
from hrmsops.postgres.refusals import plainly
from hrmsops.postgres.session import Target, connect

if TYPE_CHECKING:
    from hrmsops.postgres.session import Session


@dataclass(frozen=True, kw_only=True)
class Advanced:
    """A sequence that was moved: its last number before and after."""

    sequence: TableName
    before: int | None
    after: int


def advance_beyond(ahead: Target, target: Target) -> tuple[Advanced, ...]:
    """Move each sequence of `target` to where the one of the same name stands in `ahead`.

    To be done on a recovered database before it takes traffic: else it gives new rows the numbers
    of rows that were written in the old one, which then cannot be replayed.
    """
    with connect(ahead, read_only=True) as session:
        theirs = {each.name: each.last_value for each in read_catalog(session).sequences}
    with connect(target) as session, plainly(StatementFailed, address=target.address):
        moved = []
        for sequence in read_catalog(session).sequences:
            if (number := theirs.get(sequence.name)) is not None:
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
    is_ahead = before is not None and (number - before) * sequence.increment <= 0
    if is_ahead:
        return []
    text = ".".join('"' + part.replace('"', '""') + '"' for part in sequence.name)
    session.execute("SELECT setval(%s::regclass, %s)", [text, number])
    return [Advanced(sequence=sequence.name, before=before, after=number)]
