"""What several rules need: how bad a lock is on a table of that size."""

from __future__ import annotations

from hrmsops.safety import effects as e
from hrmsops.safety.event import Event
from hrmsops.safety.report import Severity


def by_size(event: Event, *, unknown: Severity = "warning") -> Severity | None:
    """How bad it is to hold the table for as long as it is big; None on a table just made."""
    size = event.size()
    if size == "new":
        return None
    return {"large": "danger", "unknown": unknown, "small": "info"}[size]


def unless_new(event: Event, severity: Severity) -> Severity | None:
    """The severity, except on a table that was just made: no code and no row is in it."""
    return None if event.size() == "new" else severity


def as_long_as(event: Event) -> str:
    """How long, in words that fit what is known of the table."""
    rows = event.sizes.rows(event.table)
    return "the time grows with the table" if rows is None else f"it has {rows:,} rows"


STRONG = (
    e.AddColumn,
    e.DropColumn,
    e.RenameColumn,
    e.AlterType,
    e.SetNotNull,
    e.DropNotNull,
    e.SetDefault,
    e.DropDefault,
    e.AddConstraint,
    e.DropConstraint,
    e.RenameTable,
    e.Truncate,
)
"""Effects whose lock keeps readers out until the transaction ends."""


def strong_lock_before(event: Event, table: str | None = None) -> e.Effect | None:
    """An effect earlier in the transaction that still keeps everybody off the table."""
    if not event.in_transaction:
        return None
    name = event.table if table is None else table
    for each in event.earlier:
        if isinstance(each, STRONG) and each.table == name:
            return each
        if _lock(each) == "ACCESS EXCLUSIVE" and each.table == name:
            return each
    return None


def _lock(effect: e.Effect) -> str:
    if isinstance(effect, e.LockTable):
        return effect.mode
    return effect.lock if isinstance(effect, e.ShortLock | e.Rewrite) else ""


def said(effect: e.Effect) -> str:
    """What an earlier effect was, in a few words."""
    words = {
        e.AddColumn: "a column was added",
        e.DropColumn: "a column was dropped",
        e.RenameColumn: "a column was renamed",
        e.AlterType: "a column's type was changed",
        e.AddConstraint: "a constraint was added",
        e.DropConstraint: "a constraint was dropped",
    }
    return words.get(type(effect), "the table was changed")
