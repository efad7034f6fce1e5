"""What tables measured at earlier looks, so that growth can be told."""

from __future__ import annotations

from datetime import datetime, timedelta

import msgspec

from hrmsops.engine.store import RecordChanged, RecordExists, Store

KEPT = 400
APART = timedelta(hours=1)
"""Looks within an hour are one: what is compared with should be a while ago."""


class Measure(msgspec.Struct, frozen=True, kw_only=True):
    """One table: rows (None: unknown), and bytes with indexes."""

    rows: int | None
    bytes: int


class Look(msgspec.Struct, frozen=True, kw_only=True):
    """All tables at one moment."""

    at: datetime
    tables: dict[str, Measure]


def remembered(store: Store, scope: str) -> tuple[Look, ...]:
    """Earlier looks at the database that `scope` names, oldest first."""
    record = store.read(_name(scope))
    return msgspec.json.decode(record.data, type=tuple[Look, ...]) if record else ()


def before(looks: tuple[Look, ...], now: datetime) -> Look | None:
    """The look to compare with: the last one that is an hour old, else the first there is."""
    old = [each for each in looks if now - each.at >= APART]
    return old[-1] if old else next(iter(looks), None)


def remember(store: Store, scope: str, look: Look) -> None:
    """Add a look; none where the last is less than an hour old, or another writer was faster."""
    record = store.read(_name(scope))
    looks = msgspec.json.decode(record.data, type=tuple[Look, ...]) if record else ()
    if looks and look.at - looks[-1].at < APART:
        return
    data = msgspec.json.encode((*looks[1 - KEPT :], look))
    try:
        if record is None:
            store.create(_name(scope), data)
        else:
            store.replace(_name(scope), data, generation=record.generation)
    except (RecordExists, RecordChanged):
        return


def _name(scope: str) -> str:
    return f"table-sizes/{scope}"
