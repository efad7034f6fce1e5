"""From a recovered instance that an earlier run has made and verified to the one that serves."""

from __future__ import annotations

from collections.abc import Collection

from hrmsops.config import Environment
from hrmsops.engine.plan import Plan, new_run_id
from hrmsops.gcp.resources import short
from hrmsops.rollback import cutover
from hrmsops.rollback.continuing import Recovered, require_other
from hrmsops.rollback.cutover_facts import CutoverFacts
from hrmsops.rollback.hold_first import HoldFirst
from hrmsops.rollback.kinds.pitr import ROLLBACK_PITR


def plan(
    facts: CutoverFacts,
    recovered: Recovered,
    *,
    environment: Environment,
    reason: str,
    accepted: Collection[str],
    hold: HoldFirst,
) -> Plan:
    """A run of its own: the one that made the instance is over.

    Raises RunNotContinuable where it serves already, and what `cutover_steps` raises.
    """
    require_other(recovered, facts.source)
    run = new_run_id(facts.service.observed_at)
    service = facts.service.service.name
    first = len(hold.steps) + 1
    steps = cutover.cutover_steps(
        facts, environment=environment, run=run, accepted=accepted, first=first
    )
    return Plan(
        run=run,
        made_at=facts.service.observed_at,
        command=ROLLBACK_PITR,
        environment=environment.name,
        reason=reason,
        headline=(
            f"{short(service)} serves from {facts.clone}, as it was at "
            f"{facts.at:%Y-%m-%d %H:%M:%S} UTC"
        ),
        subject={
            "service": service,
            "instance": facts.source,
            "clone": facts.clone,
            "at": facts.at.isoformat(),
            "continues": recovered.run,
            **cutover.subject_of(facts, run=run),
        },
        because=(
            f"{short(service)} serves from {facts.source}",
            f"Run {recovered.run} made and verified {facts.clone}",
            *cutover.because_of(facts),
        ),
        warnings=(*hold.warnings, *cutover.warnings_of(facts)),
        undo=cutover.undo_of(facts, run=run),
        steps=(*hold.steps, *steps),
    )
