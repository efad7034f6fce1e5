"""What holds the rows of a table together and could not across partitions: keys, constraints."""

from __future__ import annotations

from collections.abc import Iterator

from hrmsops.partition.objection import Objection, Rule
from hrmsops.postgres.table_shape import Shape, ShapeIndex


def _key(shape: Shape, column: str) -> Iterator[Objection]:
    key = shape.primary_key
    if key is None:
        yield Objection(
            what="it has no primary key",
            why="nothing names one row",
            mend="add one first",
        )
    elif key.is_deferrable:
        yield Objection(
            what=f"its primary key {key.name} is deferrable",
            why="the one that takes its place is not",
            mend="make it NOT DEFERRABLE first",
        )


def _indexes(shape: Shape, column: str) -> Iterator[Objection]:
    for index in shape.indexes:
        if index.is_exclusion:
            yield Objection(
                what=f"{index.name} is an exclusion constraint",
                why="it could not hold across partitions",
                mend="drop it, or let the application check",
            )
        elif not index.is_valid:
            yield Objection(
                what=f"index {index.name} is invalid",
                why="its build failed",
                mend=f"DROP INDEX CONCURRENTLY {index.name} first",
            )
        elif index.is_unique and not index.is_primary and column not in index.columns:
            yield Objection(
                what=f"{index.name} is unique without {column}",
                why="no index of a partitioned table sees all partitions, so it would not hold",
                mend=f"add {column} to it, or drop it",
            )
        elif index.is_unique and index.is_deferrable and not index.is_primary:
            yield _deferrable(index)


def _deferrable(index: ShapeIndex) -> Objection:
    return Objection(
        what=f"{index.name} is deferrable",
        why="it is not carried over",
        mend="make it NOT DEFERRABLE first",
    )


def _constraints(shape: Shape, column: str) -> Iterator[Objection]:
    for each in (*shape.checks, *shape.foreign_keys):
        if not each.is_valid or "NOT ENFORCED" in each.definition:
            yield Objection(
                what=f"{each.name} is not validated",
                why="a partition's rows must all fit the parent's",
                mend=f"ALTER TABLE … VALIDATE CONSTRAINT {each.name} first",
            )
        elif each.is_inherited_no_further:
            yield Objection(
                what=f"check {each.name} is NO INHERIT",
                why="a partitioned table hands all of its checks down",
                mend="make it one that is inherited",
            )
    for table, constraint in shape.incoming:
        yield Objection(
            what=f"{table}.{constraint} refers to it",
            why="a foreign key needs a unique key without the column, which the partitioned "
            "table cannot have",
            mend=f"drop {constraint} (in Django: db_constraint=False), or leave the table whole",
        )


RULES: tuple[Rule, ...] = (_key, _indexes, _constraints)
