"""What the plans of partitioning look at."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from hrmsops.partition.periods import Every, Wanted
from hrmsops.postgres.catalog import TableName
from hrmsops.postgres.partition_record import Recorded
from hrmsops.postgres.partitions import Ranges
from hrmsops.postgres.table_shape import Shape


@dataclass(frozen=True, kw_only=True)
class TableFacts:
    """A table to be cut by `column`, as it is now."""

    observed_at: datetime
    service: str
    instance: str
    database: str
    shape: Shape
    rows: int
    """By the server's statistics; 0 where there are none."""
    first: datetime | None
    """The least value of the column; None where there is no row."""
    last: datetime | None
    is_endless: bool
    """Some row has infinity in it."""
    is_before_years: bool
    """The least is before the year 1."""
    is_after_years: bool
    """The greatest is after the year 9999."""
    has_nulls: bool
    tables: frozenset[str]
    """The names that are taken in its schema."""
    django_app: str
    """The app whose name the table's begins with, "" where Django knows none."""
    django_leaf: str
    """Its newest migration, else ""."""


@dataclass(frozen=True, kw_only=True)
class CutFacts:
    """A table that was cut, for the way back and for the end of a copy."""

    observed_at: datetime
    service: str
    instance: str
    shape: Shape
    recorded: Recorded
    old: Shape | None
    """The old table, None where it is gone."""
    later_rows: int
    """Rows at or after the split, counted no further than can be moved."""


@dataclass(frozen=True, kw_only=True)
class DefaultFacts:
    """A default partition. Rows are counted no further than can be moved under a lock, and one."""

    shape: Shape
    is_empty: bool
    """But for what has no date, or infinity."""
    moving: int
    """Rows that are of the periods to be added."""
    last: datetime | None
    """The greatest moment in those."""
    staying: int
    """Rows that are of none of them."""
    about: int
    """All rows by the server's statistics; 0 where there are none."""
    heap_bytes: int
    """What PostgreSQL reads of it under a lock when another partition is attached."""
    all_bytes: int
    """With its indexes."""


@dataclass(frozen=True, kw_only=True)
class KeptFacts:
    """One partitioned table to be kept up."""

    ranges: Ranges
    every: Every | None
    """How it is cut; None: its partitions are no periods."""
    missing: tuple[Wanted, ...]
    """The periods to come, and those that rows of the default partition are of."""
    far: Wanted | None
    """One for the many rows by default that are dated years ahead; None where there are few."""
    options: tuple[str, ...]
    """Storage parameters of its newest partition."""
    tuning: tuple[str, ...]
    """How the columns of that are stored and sampled."""
    shape: Shape
    default: DefaultFacts | None
    tables: frozenset[str]
    """The names that are taken in its schema."""
    archived: frozenset[str]
    """Those that are taken where old partitions are to go."""

    @property
    def name(self) -> TableName:
        return self.ranges.name
