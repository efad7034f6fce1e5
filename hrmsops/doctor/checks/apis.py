"""Whether the APIs that are called are enabled."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from hrmsops.doctor.check import Check, Finding, Topic, bad, good, unknown
from hrmsops.doctor.commands import IN_THE_CLOUD
from hrmsops.doctor.permissions import apis_of, asked
from hrmsops.doctor.troubles import enable
from hrmsops.errors.cloud import NotAuthorised

if TYPE_CHECKING:
    from hrmsops.doctor.around import Around


class Seen(msgspec.Struct, frozen=True, kw_only=True):
    """`enabled` None: not told, `why` says why."""

    project: str
    needed: frozenset[str]
    enabled: frozenset[str] | None
    why: str = ""


def look(around: Around) -> Seen:
    from hrmsops.gcp.service_usage import enabled_apis

    environment = around.world.environment
    needed = apis_of(asked(environment, around.commands))
    try:
        enabled = enabled_apis(around.world.clients, environment.project)
    except NotAuthorised as error:
        return Seen(project=environment.project, needed=needed, enabled=None, why=error.grant)
    return Seen(project=environment.project, needed=needed, enabled=enabled)


def judge(seen: Seen) -> Finding:
    if seen.enabled is None:
        return unknown("Not allowed to see which APIs are enabled", seen.why)
    missing = sorted(seen.needed - seen.enabled)
    if missing:
        return bad(f"Not enabled: {', '.join(missing)}", enable(" ".join(missing), seen.project))
    return good(f"{len(seen.needed)} of {len(seen.needed)} that are called are enabled")


CHECK = Check(
    title="APIs",
    topic=Topic.ACCESS,
    place=3,
    asks="Are the APIs enabled that the commands call?",
    commands=IN_THE_CLOUD,
    look=look,
    judge=judge,
)
