"""From `backfill`'s flags to its plan."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from hrmsops.errors.usage import WrongUsage

if TYPE_CHECKING:
    from hrmsops.commands.applying import Manner
    from hrmsops.engine.journal import Journal
    from hrmsops.engine.plan import Plan
    from hrmsops.world import World

REASON = "bring rows to what the code expects"
COMMAND = "hrmsops backfill"


@dataclass(frozen=True, kw_only=True)
class Asked:
    """The flags as they were typed."""

    request: dict[str, Any]
    resume: bool
    anew: bool
    as_job: bool
    tasks: int
    image: str
    reason: str | None


def make_plan(world: World, journal: Journal, asked: Asked, manner: Manner) -> Plan:
    """Ask the HRMS's own Django what it would do, and plan."""
    from hrmsops.commands.migrating import instance_of
    from hrmsops.plans.backfill import plan
    from hrmsops.plans.observing_backfills import observe_backfill

    _require_sense(asked)
    facts = observe_backfill(
        world,
        instance=instance_of(world, journal),
        request=asked.request,
        resume=asked.resume,
        anew=asked.anew,
        shards=asked.tasks,
        exact=manner.dry_run,
    )
    return plan(
        facts,
        environment=world.environment,
        reason=_reason(asked, manner),
        as_job=asked.as_job,
        image=asked.image,
        anew=asked.anew,
    )


def show_list(manner: Manner) -> None:
    """What could be run, and what is under way."""
    from hrmsops.commands.applying import journal_of, world_of
    from hrmsops.commands.migrating import instance_of
    from hrmsops.console import output
    from hrmsops.plans.observing_backfills import list_backfills

    world = world_of(manner)
    lines = list_backfills(world, instance=instance_of(world, journal_of(world)))
    if manner.json:
        output.write_json("backfills", {"lines": lines})
    else:
        for line in lines:
            output.result(line)


def _require_sense(asked: Asked) -> None:
    if asked.resume and asked.anew:
        raise WrongUsage(problem="--resume and --anew exclude each other.", command=COMMAND)
    if asked.tasks > 1 and not asked.as_job:
        raise WrongUsage(problem="--tasks needs --job.", command=COMMAND)


def _reason(asked: Asked, manner: Manner) -> str:
    from hrmsops.commands.asking import reason_for

    if asked.reason or manner.plan_in:
        return reason_for(asked.reason, manner)
    return REASON
