"""Runs that were begun and not ended, and users without a database."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import msgspec

from hrmsops.doctor.check import Check, Finding, Topic, bad, good, warning
from hrmsops.doctor.commands import CHANGES
from hrmsops.doctor.words import at
from hrmsops.rollback.closed import Closed, without_database

if TYPE_CHECKING:
    from hrmsops.doctor.around import Around


class Seen(msgspec.Struct, frozen=True, kw_only=True):
    """Each open run's id, and what it is about; `closed`, where users have no database."""

    unfinished: tuple[tuple[str, str], ...]
    closed: Closed | None
    environment: str


def look(around: Around) -> Seen:
    found = (run for run in around.runs if not run.closed)
    told = ((run.id, f"{run.plan.headline} ({at(run.began_at)})") for run in found)
    return Seen(
        unfinished=tuple(told),
        closed=without_database(around.runs, around.world.service_name),
        environment=around.world.environment.name,
    )


def judge(seen: Seen) -> Iterator[Finding]:
    if seen.closed:
        resume = f"hrmsops resume {seen.closed.run}"
        mend = resume if not seen.closed.is_over else f"{seen.closed.undo} -e {seen.environment}"
        yield bad(seen.closed.sentence(environment=seen.environment), mend)
    elif not seen.unfinished:
        yield good("no run was left unfinished")
    for run, about in seen.unfinished:
        if not seen.closed or run != seen.closed.run:
            yield warning(f"Run {run} is unfinished: {about}", f"hrmsops resume {run}")


CHECK = Check(
    title="runs",
    topic=Topic.RECORD,
    place=3,
    asks="Was a run left unfinished, or users without a database?",
    commands=CHANGES,
    look=look,
    judge=judge,
)
