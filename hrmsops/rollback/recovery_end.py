"""How a recovery into a new instance ends: verified and left alone, or in service. Pure."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Any

from hrmsops.config import Environment
from hrmsops.engine.step import Step
from hrmsops.gcp.resources import short
from hrmsops.rollback import cutover
from hrmsops.rollback.cutover_facts import CutoverFacts
from hrmsops.steps.cloud_sql.by_hand import deletion


@dataclass(frozen=True)
class RecoveryEnd:
    """The last part of a plan, and what it adds to what the plan says."""

    undo: str | None
    headline: str = ""
    steps: tuple[Step[Any], ...] = ()
    subject: dict[str, str] = field(default_factory=dict)
    because: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()


def recovery_end(
    promotion: CutoverFacts | None,
    *,
    into: str,
    environment: Environment,
    run: str,
    accepted: Collection[str],
    first: int,
) -> RecoveryEnd:
    """The cutover, its first step number `first`; without a `promotion` nothing is to be done.

    Nothing that serves is touched by then, so what takes it back is to delete the instance.
    Raises what `cutover_steps` raises.
    """
    if promotion is None:
        return RecoveryEnd(undo=deletion(into, project=environment.project))
    return RecoveryEnd(
        undo=cutover.undo_of(promotion, run=run),
        headline=f"; {short(promotion.service.service.name)} serves from it",
        steps=cutover.cutover_steps(
            promotion, environment=environment, run=run, accepted=accepted, first=first
        ),
        subject=cutover.subject_of(promotion, run=run),
        because=cutover.because_of(promotion),
        warnings=cutover.warnings_of(promotion),
    )
