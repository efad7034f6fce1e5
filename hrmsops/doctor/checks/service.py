"""Whether the service is there, and which revision serves."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hrmsops.doctor.check import Check, Finding, Topic, bad, good, warning
from hrmsops.doctor.commands import IN_THE_CLOUD
from hrmsops.gcp.resources import Service, short

if TYPE_CHECKING:
    from hrmsops.doctor.around import Around


def look(around: Around) -> tuple[Service, str]:
    return around.service.service, around.world.environment.name


def judge(seen: tuple[Service, str]) -> Finding:
    service, env = seen
    serves = f"{short(service.name)}: {service.statuses.sentence()}"
    if service.failure:
        return bad(
            f"{serves}. Its last change failed: {service.failure}", f"hrmsops status -e {env}"
        )
    if service.is_reconciling:
        return warning(f"{serves}. A change is under way", f"hrmsops status -e {env} --watch")
    if service.traffic.is_pinned:
        return warning(f"{serves}. Pinned: the next deploy gets none", f"hrmsops unpin -e {env}")
    return good(serves)


CHECK = Check(
    title="service",
    topic=Topic.SERVICE,
    place=1,
    asks="Is the service there, settled, and not pinned?",
    commands=IN_THE_CLOUD,
    look=look,
    judge=judge,
)
