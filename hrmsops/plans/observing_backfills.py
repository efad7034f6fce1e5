"""The one place where facts about a backfill are read: the HRMS's own Django is asked."""

from __future__ import annotations

from typing import Any

from hrmsops.plans.backfill import BackfillFacts
from hrmsops.steps.rows.backfilling import helper
from hrmsops.world import World


def observe_backfill(
    world: World,
    *,
    instance: str,
    request: dict[str, Any],
    resume: bool,
    anew: bool,
    shards: int,
    exact: bool,
) -> BackfillFacts:
    """Names found, types checked, the statement planned by PostgreSQL; nothing is changed.

    Raises what the bridge raises, and the app's own refusals.
    """
    told = _ask(
        world,
        instance,
        "backfill-look",
        request=request,
        resume=resume,
        anew=anew,
        exact=exact,
    )
    return BackfillFacts(
        observed_at=world.clock.now(),
        service=world.service_name,
        instance=instance,
        request=told["request"],
        subject=told["subject"],
        title=told["title"],
        how=told["how"],
        rows=told["rows"],
        table=told["table"],
        overwrites=told["overwrites"],
        why_once=told["why_once"],
        run=told["run"],
        done=told["done"],
        shards=told["shards"] or shards,
    )


def list_backfills(world: World, *, instance: str) -> list[str]:
    """Registered backfills and unfinished runs, in lines."""
    lines: list[str] = _ask(world, instance, "backfill-list")["lines"]
    return lines


def _ask(world: World, instance: str, do: str, **facts: Any) -> dict[str, Any]:
    found = world.cloud_sql.instance(instance)
    agent = helper(world, world.target(found, application_name="hrmsops backfill"), run="plan")
    try:
        agent.ready(_unheard)
        return agent.ask(do, _unheard, **facts)
    finally:
        agent.close()


def _unheard(event: dict[str, Any]) -> None:
    """Nothing happens while one only looks."""
