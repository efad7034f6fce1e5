"""Whether the database takes our login from here, and by which way."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hrmsops.doctor.check import Check, Finding, Topic, good, unknown
from hrmsops.doctor.commands import ROWS
from hrmsops.doctor.seen import DatabaseSeen

if TYPE_CHECKING:
    from hrmsops.doctor.around import Around


def look(around: Around) -> DatabaseSeen:
    return around.database


def judge(seen: DatabaseSeen) -> Finding:
    if not seen.is_tried:
        return unknown(
            f"It is reached by {seen.way}; to try that makes one, and takes it away again",
            "hrmsops table sizes",
        )
    return good(f"by {seen.way}, as {seen.role}, in {seen.milliseconds} ms")


CHECK = Check(
    title="reached",
    topic=Topic.DATABASE,
    place=2,
    asks="Does the database take a login from here, and by which way?",
    commands=ROWS,
    look=look,
    judge=judge,
)
