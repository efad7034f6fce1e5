"""Whether what serves is bound to the instance that the configuration names."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from hrmsops.doctor.check import Check, Finding, Topic, good, warning
from hrmsops.doctor.commands import IN_THE_CLOUD

if TYPE_CHECKING:
    from hrmsops.doctor.around import Around


class Seen(msgspec.Struct, frozen=True, kw_only=True):
    """`bound` is what the serving revision says, "" where it names no instance."""

    bound: str
    active: str
    configured: str


def look(around: Around) -> Seen:
    serving = around.service.newest_serving
    return Seen(
        bound=serving.bound_to if serving else "",
        active=around.instance_name,
        configured=around.world.environment.instance,
    )


def judge(seen: Seen) -> Finding:
    line = f'Set instance = "{seen.active}" in hrmsops.toml.'
    if not seen.bound:
        return warning(
            f"What serves names no database; {seen.configured} is taken from the configuration",
            "Mount the instance as a Cloud SQL volume, so that a cutover can be seen.",
        )
    if seen.configured and seen.configured != seen.active:
        return warning(f"It serves from {seen.active}, not from {seen.configured}", line)
    return good(f"bound to {seen.active}, as configured" if seen.configured else seen.active)


CHECK = Check(
    title="binding",
    topic=Topic.SERVICE,
    place=2,
    asks="Is the serving revision bound to the configured instance?",
    commands=IN_THE_CLOUD,
    look=look,
    judge=judge,
)
