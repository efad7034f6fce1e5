"""Reference data as records: rows, where each value is from, and how far it can be relied upon."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

import msgspec

Value = str | bool | int | Decimal | date | Mapping[str, object] | None
Values = Mapping[str, Value]

AUTHORITATIVE, CORROBORATED = "authoritative", "corroborated"
SINGLE_SOURCE, DEFAULT = "single-source", "default"
STANDINGS = (AUTHORITATIVE, CORROBORATED, SINGLE_SOURCE, DEFAULT)
"""From what the law or its keeper says, to what we made up; the last two are for review."""
FOR_REVIEW = (SINGLE_SOURCE, DEFAULT)


class Row(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """One row, where it is from, and its standing; `standings` of fields where they differ."""

    values: Values
    source: str
    standing: str
    standings: Mapping[str, str]

    def standing_of(self, field: str) -> str:
        return self.standings.get(field, self.standing)

    @property
    def for_review(self) -> bool:
        """Whether somebody has to look at it before it is relied upon."""
        return any(each in FOR_REVIEW for each in (self.standing, *self.standings.values()))


@dataclass(frozen=True, kw_only=True)
class Table:
    """All rows of one table; `fields` in their order, a row that lacks one has None there.

    `history` are rows that are checked and not written. `origin` is the file, for people.
    """

    name: str
    fields: tuple[str, ...]
    rows: tuple[Row, ...]
    sources: Mapping[str, str]
    review: tuple[str, ...]
    history: tuple[Values, ...]
    origin: str

    @property
    def rows_for_review(self) -> int:
        return sum(row.for_review for row in self.rows)
