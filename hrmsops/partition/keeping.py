"""A partition to come as SQL: made apart and attached, with what a default partition held of it.

Rows leave the default partition in the transaction that attaches their own. Writers wait at the
table's door for that (ONLY: not at each partition's): one who had chosen the default partition
already would be told that the row does not belong there. Triggers are off for it, as the rows are
neither new nor gone.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from hrmsops.partition.cut import Piece
from hrmsops.partition.quoting import limit, moment, name, names, table
from hrmsops.postgres.catalog import TableName

TRIGGERS = """
    SELECT t.tgname::text, t.tgenabled = 'A' FROM pg_trigger t
    WHERE t.tgrelid = to_regclass(format('%%I.%%I', %s::text, %s::text))
      AND NOT t.tgisinternal AND t.tgenabled IN ('O', 'A') ORDER BY 1
"""
"""Those of a table that would fire, and whether always."""


def attach(of: TableName, made: str, piece: Piece, type_: str) -> str:
    begin = limit(piece.begin, type_, otherwise="MINVALUE")
    end = limit(piece.end, type_, otherwise="MAXVALUE")
    return f"ALTER TABLE {table(of)} ATTACH PARTITION {made} FOR VALUES FROM ({begin}) TO ({end})"


def closed_to_writers(of: TableName) -> str:
    return f"LOCK TABLE ONLY {table(of)} IN SHARE ROW EXCLUSIVE MODE"


def within(piece: Piece, column: str, type_: str) -> str:
    """What is true of its rows."""
    begins = f"{name(column)} >= {moment(piece.begin, type_)}"
    if piece.end is None:
        return begins
    return f"{begins} AND {name(column)} < {moment(piece.end, type_)}"


def moved(
    default: TableName,
    made: str,
    piece: Piece,
    *,
    column: str,
    type_: str,
    columns: Sequence[str],
    triggers: Sequence[tuple[str, bool]],
) -> Iterator[str]:
    """What the default partition holds of a period goes to the table that will hold it."""
    alter, written = f"ALTER TABLE {table(default)}", names(columns)
    span = within(piece, column, type_)
    yield from (f"{alter} DISABLE TRIGGER {name(each)}" for each, _ in triggers)
    yield (
        f"WITH moved AS (DELETE FROM {table(default)} WHERE {span} RETURNING {written})"
        f" INSERT INTO {made} ({written}) OVERRIDING SYSTEM VALUE SELECT {written} FROM moved"
    )
    for each, is_always in triggers:
        yield f"{alter} ENABLE {'ALWAYS ' if is_always else ''}TRIGGER {name(each)}"
