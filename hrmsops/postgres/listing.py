"""The rows of a configured query, told by their keys: how many, the first of them, a digest."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from hrmsops.postgres.session import Session

_SINCE = re.compile(r"(?<![:\w]):since\b")


@dataclass(frozen=True)
class Listing:
    """What a query found. The first column is the key; no other column is kept."""

    count: int
    first_keys: tuple[str, ...]
    digest: str
    """Equal where the keys are the same ones, in whatever order."""


def list_keys(session: Session, query: str, *, since: datetime, keys_max: int) -> Listing:
    """The keys that `query` finds, `:since` in it being `since`; in constant memory.

    Raises psycopg.Error where the query cannot be run.
    """
    count, total, first = 0, 0, list[str]()
    with session.cursor() as cursor:
        for key, *_ in cursor.stream(_bound(query).encode(), {"since": since}):
            text = "" if key is None else str(key)
            count += 1
            # A sum does not depend on the order, and counts what occurs twice.
            total += int.from_bytes(hashlib.sha256(text.encode()).digest())
            if len(first) < keys_max:
                first.append(text)
    digest = f"{total % 2**128:032x}"
    return Listing(count=count, first_keys=tuple(first), digest=digest)


def _bound(query: str) -> str:
    """psycopg's placeholders instead of `:since`; a percent sign stays one."""
    return _SINCE.sub("%(since)s", query.replace("%", "%%"))
