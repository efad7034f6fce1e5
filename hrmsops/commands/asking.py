"""What a rollback asks a person for, when flags did not say it."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from hrmsops.commands.applying import Manner
    from hrmsops.rollback.facts import ServiceFacts

DRY_RUN_REASON = "(dry run)"


def reason_for(given: str | None, manner: Manner) -> str:
    """The reason that was typed, was approved with the plan, or is asked for now."""
    from hrmsops.commands.plan_files import reason_in
    from hrmsops.console import prompts

    if given is None and manner.plan_in:
        return reason_in(manner.plan_in)
    if given is None and manner.dry_run:
        return DRY_RUN_REASON
    return prompts.reason(given)


def pick_revision(facts: ServiceFacts) -> str:
    """A revision chosen from those before the serving one; what cannot serve says why."""
    from hrmsops.console import prompts
    from hrmsops.console.ages import age
    from hrmsops.errors.rollback import NoEligibleRevision
    from hrmsops.gcp.resources import short
    from hrmsops.rollback.candidates import PREVIOUS, choose, eligible_before

    could, skipped = eligible_before(facts)
    if not could:
        raise NoEligibleRevision(
            service=short(facts.service.name), skipped=tuple(s.sentence() for s in skipped)
        )
    proposed = choose(facts, PREVIOUS)
    choices = []
    for revision in could:
        line = (
            f"{revision.name}  {age(facts.observed_at - revision.created_at)} old  {revision.image}"
        )
        is_proposed = revision.name == proposed.revision.name
        choices.append((revision.name, f"{line}  ← {proposed.evidence}" if is_proposed else line))
    return prompts.pick(
        "Which revision takes the traffic?",
        choices,
        flag="--revision NAME",
        default=proposed.revision.name,
    )
