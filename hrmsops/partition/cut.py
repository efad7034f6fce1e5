"""What a table is cut into, and by which names: decided once, and on record."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

import msgspec

from hrmsops.partition.periods import Every, short_name
from hrmsops.postgres.catalog import TableName
from hrmsops.postgres.table_shape import Shape, ShapeIndex, ShapeTrigger

ATTACH, COPY = "attach", "copy"


class Piece(msgspec.Struct, frozen=True, kw_only=True):
    """An empty partition to be made beside what is there."""

    name: str
    begin: datetime
    end: datetime | None
    """None: it holds all from `begin` on."""


class Cut(msgspec.Struct, frozen=True, kw_only=True):
    """A table, and how it is to be partitioned. Names of ours hold the run's id.

    `split`: by `attach`, the table itself holds all before it; None by `copy`.
    """

    schema: str
    table: str
    column: str
    type: str
    every: Every
    ahead: int
    method: Literal["attach", "copy"]
    run: str
    split: datetime | None
    key: tuple[str, ...]
    """The primary key as it is."""
    included: tuple[str, ...] = ()
    """What its index holds besides, for queries that read nothing else."""
    storage: str = ""
    """The storage parameters of its index, as what follows the columns."""
    was_nullable: bool
    pieces: tuple[Piece, ...]

    @property
    def name(self) -> TableName:
        return TableName(self.schema, self.table)

    @property
    def new(self) -> TableName:
        """The partitioned table, until it takes the name over."""
        return TableName(self.schema, f"hrmsops_{self._id}_new")

    @property
    def fresh(self) -> TableName:
        """Where it is a default partition that is emptied: the one that takes its name over."""
        return TableName(self.schema, f"hrmsops_{self._id}_rest")

    @property
    def rest(self) -> str:
        """What the table is called afterwards: a partition, or by `copy` the old table."""
        tail = f"before_{self.every.word(self.split)}" if self.split else f"old_{self._id}"
        return short_name(f"{self.table}_{tail}")

    @property
    def left(self) -> TableName:
        """What the table is after it."""
        return TableName(self.schema, self.rest)

    @property
    def bound(self) -> str:
        """The check that says to PostgreSQL what need not be scanned."""
        return f"hrmsops_{self._id}_bound"

    @property
    def new_key(self) -> tuple[str, ...]:
        """The primary key of a partitioned table has the column in it."""
        return self.key if self.column in self.key else (*self.key, self.column)

    @property
    def new_included(self) -> tuple[str, ...]:
        """What is a part of the key by now is in its index already."""
        return tuple(each for each in self.included if each not in self.new_key)

    @property
    def changes_key(self) -> bool:
        return self.new_key != self.key

    def kept(self, shape: Shape) -> tuple[ShapeIndex, ...]:
        """The indexes of a table that are not ours for the time of it."""
        ours = (self.key_index, self.old_key_index)
        return tuple(each for each in shape.indexes if each.name not in ours)

    def own(self, shape: Shape) -> tuple[ShapeTrigger, ...]:
        """The triggers of a table that are not ours."""
        return tuple(each for each in shape.triggers if not each.name.startswith(self.mirror))

    def index(self, number: int) -> str:
        """The name of the parent's index until the swap, counted as the table's are."""
        return f"hrmsops_{self._id}_{number}"

    @property
    def key_index(self) -> str:
        """The unique index that becomes the table's primary key as a partition."""
        return f"hrmsops_{self._id}_key"

    @property
    def old_key_index(self) -> str:
        """The one that becomes it again, on the way back."""
        return f"hrmsops_{self._id}_oldkey"

    def sequence(self, number: int) -> TableName:
        return TableName(self.schema, f"hrmsops_{self._id}_seq{number}")

    @property
    def mirror(self) -> str:
        """The trigger and the function that write to both tables."""
        return f"hrmsops_{self._id}_mirror"

    @property
    def repair(self) -> str:
        """The function that settles what the mirror could not, and its list of keys."""
        return f"hrmsops_{self._id}_repair"

    @property
    def _id(self) -> str:
        return self.run.replace("-", "_")
