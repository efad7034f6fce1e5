"""A default partition that holds too much to be emptied under a lock, as SQL.

A table like the one it is of is made beside it, with the partitions that are missing and a default
one. Its rows are copied there while every write goes to both (`mirror`); then all of those change
places with it in one transaction. A row is in the table at any moment, once.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from hrmsops.partition import mirror
from hrmsops.partition.cut import Cut, Piece
from hrmsops.partition.keeping import attach, within
from hrmsops.partition.parent import LIKE, closed, grants, indexes, stored, tuned
from hrmsops.partition.periods import short_name
from hrmsops.partition.quoting import limit, name, table, text
from hrmsops.partition.swap import partition_index
from hrmsops.postgres.catalog import TableName
from hrmsops.postgres.table_shape import Shape


def staged(
    shape: Shape, default: Shape, cut: Cut, *, options: tuple[str, ...], tuning: tuple[str, ...]
) -> Iterator[str]:
    """The table beside it, of which nobody knows. `shape` is that of the partitioned table."""
    new = table(cut.new)
    by = f"PARTITION BY RANGE ({name(cut.column)})"
    yield f"CREATE TABLE {new} (LIKE {table(shape.name)} {LIKE}) {by}"
    yield from indexes(shape, cut)
    bounds = [(_named(cut, each), _checked(cut, each), _limits(cut, each)) for each in cut.pieces]
    for made, check, limits in (*bounds, (table(cut.fresh), "", "DEFAULT")):
        yield f"CREATE TABLE {made} PARTITION OF {new}{check} {limits}{stored(options)}"
        yield from closed(made, shape.has_row_security)
        yield from tuned(made, tuning)
    yield from grants(default, table(cut.fresh))


def swapped(
    cut: Cut, of: TableName, *, old: tuple[str, ...], fresh: tuple[str, ...]
) -> Iterator[str]:
    """The partitions change places with it; `old` and `fresh` are the names of their indexes.

    While there is no default partition, none is looked through for rows of those that come.
    """
    whole, ours, left = table(of), table(cut.new), table(cut.left)
    yield f"LOCK TABLE ONLY {whole} IN ACCESS EXCLUSIVE MODE"
    yield f"LOCK TABLE {table(cut.name)} IN ACCESS EXCLUSIVE MODE"
    yield from (*mirror.repair(cut), *mirror.unmirrored(cut, cut.name))
    yield f"ALTER TABLE {whole} DETACH PARTITION {table(cut.name)}"
    yield f"ALTER TABLE {table(cut.name)} RENAME TO {name(cut.rest)}"
    yield from _renamed(cut, {each: partition_index(cut, each) for each in old})
    for each in cut.pieces:
        yield f"ALTER TABLE {ours} DETACH PARTITION {_named(cut, each)}"
        yield attach(of, _named(cut, each), each, cut.type)
    yield f"ALTER TABLE {ours} DETACH PARTITION {table(cut.fresh)}"
    yield f"ALTER TABLE {table(cut.fresh)} RENAME TO {name(cut.table)}"
    yield from _renamed(cut, {each: _after(cut, each) for each in fresh})
    yield f"ALTER TABLE {whole} ATTACH PARTITION {table(cut.name)} DEFAULT"
    yield f"DROP TABLE {ours}"
    yield from mirror.forgotten(cut)
    yield f"COMMENT ON TABLE {left} IS {text(f'Copied by hrmsops: its rows are in {of}')}"


def _named(cut: Cut, piece: Piece) -> str:
    return f"{name(cut.schema)}.{name(piece.name)}"


def _limits(cut: Cut, piece: Piece) -> str:
    begin = limit(piece.begin, cut.type, otherwise="MINVALUE")
    end = limit(piece.end, cut.type, otherwise="MAXVALUE")
    return f"FOR VALUES FROM ({begin}) TO ({end})"


def _checked(cut: Cut, piece: Piece) -> str:
    """What lets ATTACH believe without looking."""
    span = f"{name(cut.column)} IS NOT NULL AND {within(piece, cut.column, cut.type)}"
    return f" (CONSTRAINT {name(cut.bound)} CHECK ({span}))"


def _renamed(cut: Cut, names: Mapping[str, str]) -> Iterator[str]:
    for index, new in names.items():
        yield f"ALTER INDEX {name(cut.schema)}.{name(index)} RENAME TO {name(new)}"


def _after(cut: Cut, index: str) -> str:
    return short_name(f"{cut.table}_{index.removeprefix(cut.fresh.name).lstrip('_')}")
