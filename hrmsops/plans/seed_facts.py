"""What a plan to seed may look at."""

from __future__ import annotations

from datetime import datetime

import msgspec

from hrmsops.seed.difference import Difference


class Review(msgspec.Struct, frozen=True, kw_only=True):
    """How many rows of a table are for somebody to look at, and why."""

    table: str
    rows: int
    notes: tuple[str, ...]


class SeedFacts(msgspec.Struct, frozen=True, kw_only=True):
    """Observed once. `sign` says why the database is production's, "" where nothing does.

    `refused` are fixtures that were named and are not for an environment of this kind. `models`
    is the model of each table; `left_out` by table the fields that its model has no place for.
    """

    observed_at: datetime
    service: str
    instance: str
    database: str
    role: str
    server: str
    kind: str
    sign: str
    only: tuple[str, ...]
    overwrite: bool
    differences: tuple[Difference, ...]
    models: dict[str, str]
    left_out: dict[str, tuple[str, ...]]
    reviews: tuple[Review, ...]
