"""Whether all that a hold would stop is there under the configured name."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from hrmsops.doctor.check import Check, Finding, Topic, bad, good, warning
from hrmsops.doctor.commands import HOLD, RECOVERIES

if TYPE_CHECKING:
    from hrmsops.doctor.around import Around


class Seen(msgspec.Struct, frozen=True, kw_only=True):
    """How many are configured, which of them are not there, and since when something is held."""

    configured: int
    missing: tuple[str, ...]
    held_since: str
    environment: str


def look(around: Around) -> Seen:
    from hrmsops.doctor.words import at
    from hrmsops.steps.hold.held import active_hold
    from hrmsops.steps.hold.observing import observe_hold

    environment = around.world.environment
    hold = environment.hold
    kinds = (
        hold.schedulers,
        hold.queues,
        (*environment.worker_pools, *hold.worker_pools),
        (*environment.jobs, *hold.jobs),
    )
    held = active_hold(around.runs, around.world.service_name)
    return Seen(
        configured=sum(len(set(names)) for names in kinds),
        missing=observe_hold(around.world).missing,
        held_since=at(held.since) if held else "",
        environment=environment.name,
    )


def judge(seen: Seen) -> Finding:
    if seen.missing:
        return bad(f"Not there: {', '.join(seen.missing)}", "Mend the name in hrmsops.toml.")
    if seen.held_since:
        off = f"hrmsops hold off -e {seen.environment}"
        return warning(f"On hold since {seen.held_since}", off)
    if not seen.configured:
        return warning(
            "Nothing is configured that works by itself: schedulers, queues, workers, jobs",
            f"Name them in [environments.{seen.environment}.hold], or nothing can be held.",
        )
    return good(f"{seen.configured} of {seen.configured} that work by themselves are there")


CHECK = Check(
    title="what can be held",
    topic=Topic.SERVICE,
    place=4,
    asks="Are the configured schedulers, queues, worker pools and jobs there?",
    commands=HOLD | RECOVERIES,
    look=look,
    judge=judge,
)
