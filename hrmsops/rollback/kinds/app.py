"""Application errors only: every request to a revision that served well."""

from __future__ import annotations

import shlex
from collections.abc import Collection

from hrmsops.config import Environment
from hrmsops.engine.plan import Plan, new_run_id
from hrmsops.engine.step import Step
from hrmsops.errors.rollback import CandidateUnhealthy
from hrmsops.errors.schema import SchemaDoesNotFit
from hrmsops.gcp.resources import short
from hrmsops.rollback.candidates import Choice
from hrmsops.rollback.facts import ServiceFacts
from hrmsops.rollback.history import BACK, FORTH, ROLLBACK_APP
from hrmsops.rollback.known import Known
from hrmsops.steps.cloud_run.sequence import shifting, verifying

SKIPPED_SHOWN_MAX = 10


def plan(
    facts: ServiceFacts,
    choice: Choice,
    *,
    environment: Environment,
    reason: str,
    fit: Known | None,
    accepted: Collection[str],
) -> Plan:
    """Shift all traffic to the chosen revision; the tags that others set stay as they are.

    `fit` is whether its code runs on today's schema, None where no database is configured. Raises
    SchemaDoesNotFit.
    """
    if fit and fit.value is False and SchemaDoesNotFit.code not in accepted:
        raise SchemaDoesNotFit(revision=choice.revision.name, why=fit.evidence)
    run = new_run_id(facts.observed_at)
    service, to = facts.service, choice.revision.name
    serving = facts.newest_serving
    current = serving.name if serving else service.serving
    want = service.traffic.all_to(to)
    is_there = service.traffic == want and service.statuses.shares == want.shares
    paths, host = environment.health.paths, environment.health.host
    steps: tuple[Step[object], ...]
    if is_there:
        steps = verifying(service, revision=to, paths=paths, first=1) if paths else ()
    else:
        steps = shifting(
            service,
            to=to,
            want=want,
            run=run,
            paths=paths,
            host=host,
            accept_unhealthy=CandidateUnhealthy.code in accepted,
        )
    return Plan(
        run=run,
        made_at=facts.observed_at,
        command=ROLLBACK_APP,
        environment=environment.name,
        reason=reason,
        headline=(
            f"{to} serves every request already; its health is checked"
            if is_there
            else f"Every request of {short(service.name)} goes to {to}"
        ),
        subject={
            "service": service.name,
            "from": current,
            "to": to,
            "direction": BACK
            if serving and choice.revision.created_at < serving.created_at
            else FORTH,
        },
        because=(*_because(facts, choice), *_fitting(fit)),
        warnings=(*_warnings(facts, choice, paths), *_not_fitting(fit)),
        undo=None if is_there or service.is_shared else _undo(environment.name, current, run),
        steps=steps,
    )


def _because(facts: ServiceFacts, choice: Choice) -> tuple[str, ...]:
    service = facts.service
    skipped = [f"Passed over {s.sentence()}" for s in choice.skipped[:SKIPPED_SHOWN_MAX]]
    if more := len(choice.skipped) - len(skipped):
        skipped.append(f"Passed over {more} more")
    return (
        f"Now: {service.statuses.sentence()} (asked for: {service.traffic.sentence()})",
        f"{choice.revision.name} of {choice.revision.created_at:%Y-%m-%d %H:%M} UTC, "
        f"image {choice.revision.image}: {choice.evidence}",
        *skipped,
    )


def _fitting(fit: Known | None) -> tuple[str, ...]:
    return (f"It fits today's schema: {fit.evidence}",) if fit and fit.is_yes else ()


def _not_fitting(fit: Known | None) -> tuple[str, ...]:
    if fit is None or fit.is_yes:
        return ()
    word = "Accepted although" if fit.value is False else "Not known whether it fits the schema:"
    return (f"{word} {fit.evidence}",)


def _warnings(facts: ServiceFacts, choice: Choice, paths: tuple[str, ...]) -> tuple[str, ...]:
    service = facts.service
    found = []
    if service.is_reconciling:
        found.append(f"A change by {service.last_modifier} is still under way on this service.")
    if service.failure:
        found.append(f"The last change of this service failed: {service.failure}")
    if any("nothing on record" in skipped.reason for skipped in choice.skipped):
        found.append("Newer revisions are Ready, but none of them was ever seen healthy here.")
    if run := facts.left_by(choice.revision.name):
        found.append(f"Run {run} rolled away from {choice.revision.name}.")
    if service.is_shared:
        found.append("The requests are shared now; no command of hrmsops brings that split back.")
    if not facts.service.traffic.is_pinned:
        found.append("Deploys get no traffic from then on, until hrmsops unpin.")
    if not paths:
        found.append("No health paths are configured: nothing is probed before or after.")
    return tuple(found)


def _undo(environment: str, revision: str, run: str) -> str:
    words = ["hrmsops", "rollback", "app", "-e", environment, "--revision", revision]
    return shlex.join([*words, "--reason", f"undo {run}"])
