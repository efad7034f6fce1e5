"""Remember that the revision which serves everything is well, for the next rollback to find."""

from __future__ import annotations

from hrmsops.config import Environment
from hrmsops.engine.plan import Plan, new_run_id
from hrmsops.errors.rollback import ServingIsShared
from hrmsops.gcp.resources import short
from hrmsops.rollback.facts import ServiceFacts
from hrmsops.steps.cloud_run.sequence import verifying
from hrmsops.steps.cloud_run.tags import LAST_GOOD

MARK_GOOD = "mark-good"


def plan(facts: ServiceFacts, *, environment: Environment, reason: str) -> Plan:
    """Check the service's health and tag what serves. No user's request goes elsewhere for it.

    Raises ServingIsShared where several revisions share the requests.
    """
    service = facts.service
    if service.is_shared:
        raise ServingIsShared(service=short(service.name), serving=service.statuses.sentence())
    serving, paths = service.serving, environment.health.paths
    return Plan(
        run=new_run_id(facts.observed_at),
        made_at=facts.observed_at,
        command=MARK_GOOD,
        environment=environment.name,
        reason=reason,
        headline=(
            f"{serving} is remembered as {LAST_GOOD} if it is well"
            if paths
            else "no health paths are configured, so no revision can be seen to be well"
        ),
        subject={"service": service.name, "from": serving, "to": serving},
        because=(f"Now: {service.statuses.sentence()}",),
        warnings=(),
        undo=None,
        steps=verifying(service, revision=serving, paths=paths, first=1) if paths else (),
    )
