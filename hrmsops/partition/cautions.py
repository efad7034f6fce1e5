"""What works on when a table is partitioned, but not quite as before."""

from __future__ import annotations

from collections.abc import Iterator

from hrmsops.postgres.table_shape import Shape


def cautions(shape: Shape, column: str) -> tuple[str, ...]:
    """A sentence each."""
    return tuple(_cautions(shape, column))


def _cautions(shape: Shape, column: str) -> Iterator[str]:
    for trigger in shape.triggers:
        if trigger.names_table:
            yield (
                f"{trigger.function}() of trigger {trigger.name} asks for the table's name: "
                "it is told the partition's"
            )
        if trigger.is_before_row:
            yield (
                f"Trigger {trigger.name} may not change {column} any more: a row is not moved "
                "to another partition by it"
            )
    for each in shape.staying:
        yield f"{each} stays with the table as it is: new partitions do not have it"
    if shape.has_row_security:
        yield "New partitions can be read through the table alone: row security does not see others"
