"""What is found to hold, in words for people."""

from __future__ import annotations

from collections.abc import Iterator

from hrmsops.config import Environment
from hrmsops.gcp.background import ENABLED, RUNNING
from hrmsops.gcp.resources import short
from hrmsops.steps.hold.facts import HoldFacts


def in_words(facts: HoldFacts) -> Iterator[str]:
    """A line for each thing that a hold finds still already: it stays as it is."""
    for scheduler in facts.schedulers:
        if scheduler.state != ENABLED:
            yield f"Scheduler {short(scheduler.name)} is {scheduler.state} already, and stays so"
    for queue in facts.queues:
        if queue.state != RUNNING:
            yield f"Queue {short(queue.name)} is {queue.state} already, and stays so"
    for pool in facts.pools:
        if pool not in facts.working:
            yield f"Worker pool {short(pool.name)} has no instances already, and stays so"


def warnings_of(facts: HoldFacts, environment: Environment, *, cancel: bool) -> tuple[str, ...]:
    """What is not held although it may do harm."""
    found = [f"There is no {each}, or you may not see it: it is not held" for each in facts.missing]
    if facts.is_empty and not facts.missing:
        found.append(nothing_to_hold(environment))
    if facts.executions and not cancel:
        names = ", ".join(short(each.name) for each in facts.executions)
        found.append(f"Still running, until --cancel-jobs ends it: {names}")
    return tuple(found)


def nothing_to_hold(environment: Environment) -> str:
    """Why a hold does nothing."""
    return f"Nothing is held: [environments.{environment.name}.hold] names nothing that is there"
