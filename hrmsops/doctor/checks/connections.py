"""Whether the server has room for the sessions of a second revision, and for ours."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hrmsops.doctor.check import Check, Finding, Topic, bad, good, unknown, warning
from hrmsops.doctor.commands import APP, RECOVERIES, SCHEMA
from hrmsops.doctor.seen import DatabaseSeen

if TYPE_CHECKING:
    from hrmsops.doctor.around import Around

FULL_PERCENT, HALF_PERCENT = 90, 50


def look(around: Around) -> DatabaseSeen:
    return around.database


def judge(seen: DatabaseSeen) -> Finding:
    if not seen.is_tried:
        return unknown("Not looked at: the database was not logged in to.")
    told = f"{seen.connections} of {seen.connections_max} connections are in use"
    percent = 100 * seen.connections // seen.connections_max
    if percent >= FULL_PERCENT:
        return bad(told, "Raise max_connections, or lower the service's maximum of instances.")
    if percent >= HALF_PERCENT:
        return warning(
            f"{told}: two revisions at once need as many again",
            "Raise max_connections before a deploy or a rollback needs them.",
        )
    return good(told)


CHECK = Check(
    title="connections",
    topic=Topic.DATABASE,
    place=5,
    asks="Is there room for two revisions at once?",
    commands=APP | RECOVERIES | SCHEMA,
    look=look,
    judge=judge,
)
