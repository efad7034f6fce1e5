"""Whether the record can be read, and whether others can go on with what was begun here."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from hrmsops.doctor.check import Check, Finding, Topic, good, warning
from hrmsops.doctor.commands import CHANGES

if TYPE_CHECKING:
    from hrmsops.doctor.around import Around


class Seen(msgspec.Struct, frozen=True, kw_only=True):
    """`where` as it is configured; `runs` of this service are on record there."""

    where: str
    runs: int
    is_shared: bool
    is_protected: bool
    is_sandbox: bool


def look(around: Around) -> Seen:
    environment = around.world.environment
    return Seen(
        where=environment.store,
        runs=len(around.runs),
        is_shared=around.world.store.is_shared,
        is_protected=environment.protected,
        is_sandbox=bool(environment.endpoint),
    )


def judge(seen: Seen) -> Finding:
    told = f"{seen.where}, {seen.runs} runs of this service"
    if not seen.is_shared and seen.is_protected and not seen.is_sandbox:
        return warning(
            f"{told}: nobody else sees them, or can resume one",
            'Set store = "gs://BUCKET/PREFIX" of the environment in hrmsops.toml.',
        )
    return good(told)


CHECK = Check(
    title="store",
    topic=Topic.RECORD,
    place=1,
    asks="Can the record be read, and is it shared?",
    commands=CHANGES,
    look=look,
    judge=judge,
)
