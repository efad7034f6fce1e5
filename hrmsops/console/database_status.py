"""The database's part of the status: what it can go back to, and what is wrong with that."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from itertools import zip_longest
from typing import TYPE_CHECKING

from hrmsops.console.ages import age
from hrmsops.console.layout import hanging
from hrmsops.console.safe import shown

if TYPE_CHECKING:
    from rich.console import Console
    from rich.text import Text

    from hrmsops.rollback.database_status import DatabaseStatus

WELL = "RUNNABLE"


def database_lines(database: DatabaseStatus, now: datetime, console: Console) -> Iterator[Text]:
    """What it can go back to, then a warning for each thing that is not as it should be."""
    from rich.text import Text

    for label, each in zip_longest(["recovery "], recovery(database, now), fillvalue=" " * 9):
        yield hanging(console, label, Text(shown(each), style="quiet"))
    for each in database.backfills:
        yield hanging(console, "backfill ", Text(shown(each)))
    for warning in warnings(database):
        yield hanging(console, Text("! ", style="warning"), Text(shown(warning), style="warning"))


def recovery(database: DatabaseStatus, now: datetime) -> list[str]:
    """ "to any moment since 2026-11-21 02:00 UTC", "newest backup 1763892312000, 3 h old"."""
    window, backup = database.window, database.backup
    words = []
    if window:
        words.append(
            f"to any moment from {window.earliest:%Y-%m-%d %H:%M} "
            f"to {window.latest:%Y-%m-%d %H:%M:%S} UTC"
        )
    if backup and backup.ended_at:
        words.append(f"newest backup {backup.id}, {age(now - backup.ended_at)} old")
    return words or ["unknown" if database.unknown else "none"]


def warnings(database: DatabaseStatus) -> Iterator[str]:
    """What is wrong, what is unknown, and what goes on costing."""
    name = database.instance
    if database.state not in ("", WELL):
        yield f"{name} is not running: {database.state}"
    if database.unknown:
        yield f"Not known in time: {'; '.join(database.unknown)}"
    elif not database.backup:
        yield f"There is no successful backup of {name}"
    elif not database.window and database.state == WELL:
        yield f"Point-in-time recovery of {name} is off: it goes back to a backup alone"
    yield from database.running_out
    match database.superseded:
        case ():
            return
        case (one,):
            yield f"{one} was left by a cutover, is kept, and goes on costing"
        case several:
            yield f"Left by cutovers, kept, and going on costing: {', '.join(several)}"
