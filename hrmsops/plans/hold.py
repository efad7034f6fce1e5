"""Stop the bleeding: hold what works by itself, and let it go on as it was found."""

from __future__ import annotations

import shlex
from collections.abc import Collection, Iterator
from datetime import datetime
from typing import Any

from hrmsops.config import Environment
from hrmsops.engine.plan import Plan, new_run_id
from hrmsops.engine.step import Step
from hrmsops.errors.hold import RecoveryUnfinished
from hrmsops.errors.rollback import RevisionNotEligible, RevisionUnknown
from hrmsops.gcp.resources import Revision, Service, short
from hrmsops.steps.hold.facts import HoldFacts
from hrmsops.steps.hold.held import TRAFFIC, Hold
from hrmsops.steps.hold.sequence import holding, is_moved_on, moving, releasing
from hrmsops.steps.hold.words import in_words, nothing_to_hold, warnings_of
from hrmsops.steps.rows.irrevocable import ListIrrevocable, Queries, RequireAcknowledged

HOLD_ON, HOLD_OFF = "hold on", "hold off"


def on(
    facts: HoldFacts,
    service: Service,
    revisions: Collection[Revision],
    *,
    now: datetime,
    environment: Environment,
    reason: str,
    revision: str,
    cancel: bool,
) -> Plan:
    """Hold everything that works; `revision` takes the traffic meanwhile, "" leaves it.

    Raises RevisionUnknown, RevisionNotEligible.
    """
    run = new_run_id(now)
    if revision:
        _require_ready(revision, revisions)
    steps = holding(facts, cancel=cancel)
    if revision:
        steps += moving(service, revision=revision)
    return Plan(
        run=run,
        made_at=now,
        command=HOLD_ON,
        environment=environment.name,
        reason=reason,
        headline=_headline_on(facts, environment, steps),
        subject={"service": service.name},
        because=tuple(in_words(facts)),
        warnings=warnings_of(facts, environment, cancel=cancel),
        undo=_command(HOLD_OFF, environment.name, run) if steps else None,
        steps=steps,
    )


def off(
    hold: Hold,
    service: Service,
    *,
    now: datetime,
    environment: Environment,
    reason: str,
    instances: tuple[str, ...],
    queries: Queries,
    accepted: Collection[str],
) -> Plan:
    """Restore what the hold has stopped, once what left `instances` is acknowledged.

    Raises RecoveryUnfinished while a run of this hold could still be gone on with.
    """
    if hold.unfinished and RecoveryUnfinished.code not in accepted:
        unfinished, command = hold.unfinished[0]
        raise RecoveryUnfinished(run=unfinished, command=command)
    run = new_run_id(now)
    looks: tuple[Step[Any], ...] = ()
    if queries:
        since = hold.counts_from
        listed = [ListIrrevocable(instance=i, since=since, queries=queries) for i in instances]
        numbers = tuple(range(1, len(listed) + 1))
        looks = (*listed, RequireAcknowledged(after=numbers))
    return Plan(
        run=run,
        made_at=now,
        command=HOLD_OFF,
        environment=environment.name,
        reason=reason,
        headline=f"{environment.name} goes on with all that was held",
        subject={"service": service.name},
        because=(
            f"On hold since {hold.since:%Y-%m-%d %H:%M:%S} UTC, by run {', '.join(hold.runs)}",
            *(f"Back to the data of {each.at:%Y-%m-%d %H:%M:%S} UTC" for each in hold.recoveries),
        ),
        warnings=tuple(_warnings_off(hold, service, environment)),
        undo=_command(HOLD_ON, environment.name, run),
        steps=(*looks, *releasing(hold, service)),
    )


def _headline_on(facts: HoldFacts, environment: Environment, steps: tuple[Step[Any], ...]) -> str:
    if steps:
        things = "1 thing stops" if len(steps) == 1 else f"{len(steps)} things stop"
        return f"{environment.name} is held: {things} until hrmsops hold off"
    if facts.is_empty:
        return nothing_to_hold(environment)
    return f"nothing of {environment.name} works by itself now"


def _warnings_off(hold: Hold, service: Service, environment: Environment) -> Iterator[str]:
    for item in hold.of(TRAFFIC):
        if is_moved_on(item, service):
            by = service.last_modifier or "someone"
            yield f"Traffic was moved since, by {by}: it stays at {service.traffic.sentence()}"
    for name in hold.cancelled:
        yield f"{name} was cancelled; nothing starts it again by itself"
    for run, command in hold.unfinished:
        yield f"Run {run} ({command}) is unfinished"
    if not environment.irrevocable:
        yield (
            "What left the building is not looked at: "
            f"[environments.{environment.name}.irrevocable] is empty"
        )


def _require_ready(name: str, revisions: Collection[Revision]) -> None:
    found = next((each for each in revisions if each.name == name), None)
    if found is None:
        from difflib import get_close_matches

        near = get_close_matches(name, [each.name for each in revisions])
        raise RevisionUnknown(revision=name, near=tuple(near))
    if not found.is_ready:
        reason = f"not Ready: {found.trouble or 'it is being deleted'}"
        raise RevisionNotEligible(revision=short(name), reason=reason)


def _command(command: str, environment: str, run: str) -> str:
    words = ["hrmsops", *command.split(), "-e", environment, "--reason", f"undo {run}"]
    return shlex.join(words)
