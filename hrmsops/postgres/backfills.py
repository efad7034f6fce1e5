"""Backfills as the database itself keeps them: how far each is, and how it ended."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, LiteralString

if TYPE_CHECKING:
    from hrmsops.postgres.session import Session

LOCK_CLASS = 0x68726266
"""Of the advisory locks that the processes at work hold; see hrmsops.backfill.checkpoints."""
_EXISTS: LiteralString = "SELECT to_regclass('hrmsops.backfills') IS NOT NULL"
_SHARDS: LiteralString = """
    SELECT run, subject, shard, shards, rows, total, started_at, at, coalesce(outcome, ''),
           ARRAY(SELECT jsonb_array_elements_text(findings)), request,
           EXISTS (SELECT FROM pg_locks WHERE locktype = 'advisory' AND granted
                   AND classid::bigint = %s AND objid::bigint = b.id)
    FROM hrmsops.backfills b
    WHERE CASE WHEN %s = '' THEN ended_at IS NULL ELSE run = %s END ORDER BY id
"""


@dataclass(frozen=True, kw_only=True)
class Shard:
    """One run, or one part of it. `total` None: nobody counted; `outcome` "" while unfinished."""

    run: str
    subject: str
    shard: int
    shards: int
    rows: int
    total: int | None
    started_at: datetime
    at: datetime
    outcome: str
    findings: tuple[str, ...]
    request: Mapping[str, Any]
    """What was asked for, by the names of `hrmsops.backfill.request`."""
    is_held: bool

    def sentence(self) -> str:
        """How far it is, when that was, and whether somebody is at work on it."""
        part = f" (part {self.shard + 1} of {self.shards})" if self.shards > 1 else ""
        total = f" of about {self.total:,}" if self.total is not None else ""
        state = "under way" if self.is_held else "stopped"
        at = f"{self.at:%Y-%m-%d %H:%M:%S} UTC"
        return f"{self.subject}{part} is {state}: {self.rows:,}{total} rows, last checkpoint {at}"

    def options(self) -> tuple[str, ...]:
        """Those of `backfill` that mean this run; what else it was begun with, it knows itself."""
        named = ("backfill", "model", "field", "value", "expression")
        given = [(name, self.request.get(name)) for name in named]
        return tuple(
            word for name, value in given if value is not None for word in (f"--{name}", str(value))
        )


def read_backfills(session: Session, *, run: str = "") -> Sequence[Shard]:
    """The parts of a run; without one, everything that is unfinished."""
    if session.execute(_EXISTS).fetchone() != (True,):
        return ()
    rows = session.execute(_SHARDS, [LOCK_CLASS, run, run]).fetchall()
    names = (
        "run", "subject", "shard", "shards", "rows", "total", "started_at", "at", "outcome",
        "findings", "request", "is_held",
    )  # fmt: skip
    facts = (dict(zip(names, row, strict=True)) for row in rows)
    return tuple(Shard(**{**each, "findings": tuple(each["findings"])}) for each in facts)
