"""Whether the record can be read, and whether others can go on with what was begun here."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from hrmsops.doctor.check import Check, Finding, Topic, good
from hrmsops.doctor.commands import CHANGES
from hrmsops.errors.record import made, proposed

if TYPE_CHECKING:
    from hrmsops.doctor.around import Around


class Seen(msgspec.Struct, frozen=True, kw_only=True):
    """`where` as it is configured; `runs` of this service are on record there."""

    environment: str
    project: str
    region: str
    where: str
    runs: int
    is_shared: bool
    is_protected: bool
    is_sandbox: bool


def look(around: Around) -> Seen:
    environment = around.world.environment
    return Seen(
        environment=environment.name,
        project=environment.project,
        region=environment.region,
        where=environment.store,
        runs=len(around.runs),
        is_shared=around.world.store.is_shared,
        is_protected=environment.protected,
        is_sandbox=bool(environment.endpoint),
    )


def judge(seen: Seen) -> Finding:
    told = f"{seen.where}, {seen.runs} runs of this service"
    if not seen.is_shared and seen.is_protected and not seen.is_sandbox:
        store = proposed(seen.project)
        return Finding(
            state="bad",
            says=f"{told}: nobody else sees them, so that changes are refused (local-record)",
            more=(f'Once it is made, in [environments.{seen.environment}]: store = "{store}"',),
            mend=made(store, project=seen.project, region=seen.region),
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
