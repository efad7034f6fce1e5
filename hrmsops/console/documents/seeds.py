"""Reference data as JSON."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal, NotRequired, TypedDict

Fate = Literal["add", "change", "kept"]


class Pair(TypedDict):
    """A field that differs; of a person's both are `…`."""

    there: str | None
    """What is in the database."""
    seed: str | None
    """What the data have."""


SeededRow = TypedDict(
    "SeededRow",
    {
        "key": str,
        "is": Fate,
        "why": str,
        "fields": dict[str, Pair],
    },
)
SeededRow.__doc__ = """A row that differs; `why` says why it is kept, "" where it is not."""


class Counts(TypedDict):
    """Rows of a table."""

    added: int
    changed: int
    unchanged: int
    kept: int
    """They differ and stay, since somebody else wrote them."""


class SeededTable(Counts):
    """A table of reference data, as it is and as it would be."""

    table: str
    model: str
    only_there: int
    """Rows that the data do not know."""
    left_out: tuple[str, ...]
    """Fields that the model has no place for."""
    rows: list[SeededRow]
    """Those that differ; those that would be added only under --diff."""


class SeededTables(TypedDict):
    """Every table, as it is and as it would be."""

    tables: list[SeededTable]


class SeedRow(TypedDict):
    """A row of the data."""

    values: Mapping[str, Any]
    source: str
    standing: str
    """`authoritative`, `corroborated`, `single-source` or `default`."""
    standings: Mapping[str, str]
    """Of fields whose standing is another."""
    for_review: bool
    """Whether somebody has to look at it before it is relied upon."""


class SeedTable(TypedDict):
    """A table of the data."""

    table: str
    fixture: str
    title: str
    kinds: tuple[str, ...]
    """The kinds of environments that it is for."""
    key: tuple[str, ...]
    """The fields that name a row."""
    count: int
    for_review: int
    sources: Mapping[str, str]
    review: tuple[str, ...]
    """What is to be known before it is relied upon."""
    origin: str
    """The file that it is from."""
    rows: NotRequired[list[SeedRow]]
    """Where tables were named with --only."""


class SeedListDocument(TypedDict):
    """What there is of reference data, and how far to rely on it."""

    tables: list[SeedTable]


class SeedFixturesDocument(TypedDict):
    """Files that `manage.py loaddata` takes."""

    files: list[str]
