"""What stands against partitioning a table: each with its reason, and what mends it."""

from __future__ import annotations

from collections.abc import Iterator

from hrmsops.partition import bound_by, hanging_on
from hrmsops.partition.objection import Objection
from hrmsops.partition.quoting import TYPES, base_type
from hrmsops.postgres.table_shape import Shape


def objections(shape: Shape, column: str) -> tuple[Objection, ...]:
    """Everything at once, so that nobody mends one thing only to meet the next.

    By a column that does not do, nothing else can be said.
    """
    wrong = tuple(_column(shape, column))
    if wrong:
        return wrong
    return (*_table(shape, column), *(found for rule in _RULES for found in rule(shape, column)))


def _table(shape: Shape, column: str) -> Iterator[Objection]:
    facts = (
        (
            shape.kind == "p" or shape.is_partition,
            "it is partitioned already",
            "a partition cannot be cut again here",
            f"hrmsops table partition {shape.name} --maintain",
        ),
        (
            shape.kind not in ("r", "p"),
            "it is no table",
            "only a table has rows of its own",
            "name a table",
        ),
        (
            not shape.is_permanent,
            "it is unlogged or temporary",
            "it would be empty after a crash",
            "ALTER TABLE … SET LOGGED first",
        ),
        (
            shape.has_relatives and not shape.is_partition,
            "it inherits or is inherited from",
            "a partition has one parent only",
            "ALTER TABLE … NO INHERIT first",
        ),
        (
            shape.is_typed,
            "it is a table OF a type",
            "such a table is no partition",
            "ALTER TABLE … NOT OF first",
        ),
        (
            not shape.is_ours,
            f"it belongs to {shape.owner}, and we act as {shape.role}",
            "only its owner may change it",
            "set owner_role of the environment's database",
        ),
        (
            shape.forces_row_security,
            "its row security is FORCED",
            "we could not see all of its rows",
            "ALTER TABLE … NO FORCE ROW LEVEL SECURITY for the time of it",
        ),
        (
            bool(shape.tablespace),
            f"it lies in tablespace {shape.tablespace}",
            "later partitions would not",
            "move it to the default one first",
        ),
        (
            shape.replica_identity not in ("d", "n"),
            "it has a replica identity of its own",
            "its partitions would not have it",
            "ALTER TABLE … REPLICA IDENTITY DEFAULT first",
        ),
    )
    for is_so, what, why, mend in facts:
        if is_so:
            yield Objection(what=what, why=why, mend=mend)


def _column(shape: Shape, column: str) -> Iterator[Objection]:
    found = shape.column(column)
    if found is None:
        return  # Another error names the near ones.
    if base_type(found.type) not in TYPES:
        yield Objection(
            what=f"{column} is {found.type}",
            why="periods are cut from dates and timestamps",
            mend="choose another column",
        )
    if found.is_generated:
        yield Objection(
            what=f"{column} is generated",
            why="PostgreSQL does not partition by such a column",
            mend="choose another column",
        )


_RULES = (*bound_by.RULES, *hanging_on.RULES)
