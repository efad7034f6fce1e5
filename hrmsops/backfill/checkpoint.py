"""One run as its last batch left it, and the table that keeps it in the database itself."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Self

from hrmsops.backfill.cursor import Cursor
from hrmsops.backfill.request import Request

TABLE = """
CREATE TABLE IF NOT EXISTS hrmsops.backfills (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    run text NOT NULL, subject text NOT NULL, request jsonb NOT NULL,
    shard integer NOT NULL, shards integer NOT NULL,
    low jsonb, high jsonb, strategy text NOT NULL, total bigint,
    cursor jsonb NOT NULL, rows bigint NOT NULL DEFAULT 0, token text NOT NULL,
    operator text NOT NULL, started_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    at timestamptz NOT NULL DEFAULT clock_timestamp(), ended_at timestamptz, outcome text,
    findings jsonb NOT NULL DEFAULT '[]'
);
CREATE UNIQUE INDEX IF NOT EXISTS backfills_unfinished
    ON hrmsops.backfills (subject, shard) WHERE ended_at IS NULL;
"""
COLUMNS = (
    "id, run, subject, request, shard, shards, low, high, strategy, total, cursor, rows, token,"
    " operator, started_at, at, ended_at, outcome, findings"
)


@dataclass(kw_only=True)
class Checkpoint:
    """One run, or one shard of it, as its last batch left it."""

    id: int
    run: str
    subject: str
    request: Request
    shard: int
    shards: int
    low: Any
    """The key that it begins after; None from the first one on."""
    high: Any
    """The last key that was there when it began; None where no row was."""
    strategy: str
    total: int | None
    """Rows to change as far as was known at the start."""
    cursor: Cursor
    rows: int
    token: str = field(repr=False)
    operator: str
    started_at: datetime
    at: datetime
    ended_at: datetime | None
    outcome: str | None
    findings: list[str]

    @classmethod
    def of(cls, row: Sequence[Any]) -> Self:
        """From its COLUMNS."""
        facts = dict(zip(COLUMNS.split(", "), row, strict=True))
        # Django leaves jsonb as text.
        plain = {
            name: json.loads(facts[name]) if isinstance(facts[name], str) else facts[name]
            for name in ("request", "low", "high", "cursor", "findings")
        }
        request, cursor = Request.of(plain["request"]), Cursor.of(plain["cursor"])
        return cls(**{**facts, **plain, "request": request, "cursor": cursor})
