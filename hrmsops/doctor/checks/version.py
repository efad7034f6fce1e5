"""Whether the server's version is one that hrmsops knows."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hrmsops.doctor.check import Check, Finding, Topic, bad, good, unknown, warning
from hrmsops.doctor.commands import ROWS
from hrmsops.doctor.seen import DatabaseSeen

if TYPE_CHECKING:
    from hrmsops.doctor.around import Around

OLDEST, NEWEST = 14, 18
"""What the tests run against; see FACTS on what each does."""


def look(around: Around) -> DatabaseSeen:
    return around.database


def judge(seen: DatabaseSeen) -> Finding:
    if not seen.is_tried:
        return unknown("Not looked at: the database was not logged in to.")
    major, told = int(seen.version.split(".")[0]), f"PostgreSQL {seen.version}"
    if major < OLDEST:
        return bad(f"{told} is older than {OLDEST}", "Upgrade the instance's database version.")
    if major > NEWEST:
        return warning(
            f"{told} is newer than hrmsops knows ({NEWEST})", "Rehearse on staging first."
        )
    return good(told)


CHECK = Check(
    title="version",
    topic=Topic.DATABASE,
    place=3,
    asks=f"Is the server PostgreSQL {OLDEST} to {NEWEST}?",
    commands=ROWS,
    look=look,
    judge=judge,
)
