"""Give the traffic back to the latest revision, so that deploys take effect again."""

from __future__ import annotations

from collections.abc import Collection

from hrmsops.config import Environment
from hrmsops.engine.plan import Plan, new_run_id
from hrmsops.engine.step import Step
from hrmsops.errors.rollback import CandidateUnhealthy, LatestNotEligible, LatestWasRolledBack
from hrmsops.gcp.resources import short
from hrmsops.gcp.traffic import LATEST
from hrmsops.rollback.candidates import trouble_of
from hrmsops.rollback.facts import ServiceFacts
from hrmsops.steps.cloud_run.sequence import shifting

UNPIN = "unpin"


def plan(
    facts: ServiceFacts, *, environment: Environment, reason: str, accepted: Collection[str]
) -> Plan:
    """Traffic to LATEST, probed and checked as any shift.

    Raises LatestWasRolledBack while the latest is what a run rolled away from, LatestNotEligible
    where it cannot serve, or is bound to another database than what serves now.
    """
    service = facts.service
    latest = service.latest_ready
    left_by = facts.left_by(latest)
    if left_by and LatestWasRolledBack.code not in accepted:
        raise LatestWasRolledBack(revision=latest, run=left_by)
    revision = facts.revision(latest)
    trouble = trouble_of(revision, facts) if revision else ""
    if trouble and LatestNotEligible.code not in accepted:
        raise LatestNotEligible(revision=latest, reason=trouble)
    run = new_run_id(facts.observed_at)
    want = service.traffic.all_to(LATEST)
    steps: tuple[Step[object], ...] = ()
    if service.traffic != want:
        steps = shifting(
            service,
            to=latest,
            want=want,
            run=run,
            paths=environment.health.paths,
            host=environment.health.host,
            accept_unhealthy=CandidateUnhealthy.code in accepted,
        )
    return Plan(
        run=run,
        made_at=facts.observed_at,
        command=UNPIN,
        environment=environment.name,
        reason=reason,
        headline=(
            f"{short(service.name)} follows its latest revision, {latest}"
            if steps
            else f"{short(service.name)} follows its latest revision already"
        ),
        subject={"service": service.name, "from": service.serving, "to": latest},
        because=(f"Now: {service.traffic.sentence()}", f"The latest Ready revision is {latest}"),
        warnings=_warnings(latest, left_by, trouble),
        undo=_undo(environment.name, service.serving, run)
        if steps and not service.is_shared
        else None,
        steps=steps,
    )


def _warnings(latest: str, left_by: str, trouble: str) -> tuple[str, ...]:
    left = f"Run {left_by} rolled away from {latest}." if left_by else ""
    return tuple(filter(None, (left, f"{latest} is {trouble}." if trouble else "")))


def _undo(environment: str, revision: str, run: str) -> str:
    return f"hrmsops rollback app -e {environment} --revision {revision} --reason 'undo {run}'"
