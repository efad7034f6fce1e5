"""Whether a partitioned table will soon have nowhere to put a row."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import msgspec

from hrmsops.doctor.check import Check, Finding, Topic, good, unknown, warning
from hrmsops.doctor.commands import SCHEMA
from hrmsops.doctor.seen import DatabaseSeen

if TYPE_CHECKING:
    from hrmsops.doctor.around import Around


class Seen(msgspec.Struct, frozen=True, kw_only=True):
    database: DatabaseSeen
    environment: str


def look(around: Around) -> Seen:
    return Seen(database=around.database, environment=around.world.environment.name)


def judge(seen: Seen) -> Iterator[Finding]:
    if not seen.database.is_tried:
        yield unknown("Not looked at: the database was not logged in to.")
    elif not seen.database.running_out:
        yield good("none runs out soon")
    for table, words in seen.database.running_out:
        yield warning(words, f"hrmsops table partition {table} --maintain -e {seen.environment}")


CHECK = Check(
    title="partitions",
    topic=Topic.DATABASE,
    place=6,
    asks="Do the partitions of a table run out soon?",
    commands=SCHEMA,
    look=look,
    judge=judge,
)
