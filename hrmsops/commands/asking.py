"""What a rollback asks a person for, when flags did not say it."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from hrmsops.commands.applying import Manner
    from hrmsops.rollback.backup_facts import BackupFacts
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


def pick_revision(facts: ServiceFacts, wanted: str) -> str:
    """A revision chosen from those before the serving one; `wanted` is where the cursor begins.

    What is proposed and why, and what was passed over and why, stands above the question.
    """
    from hrmsops.console import output, prompts
    from hrmsops.console.ages import age
    from hrmsops.rollback.candidates import choose, eligible_before

    proposed = choose(facts, wanted)
    could, skipped = eligible_before(facts)
    if proposed.revision not in could:
        could.insert(0, proposed.revision)
    for each in skipped:
        output.say(f"Passed over {each.sentence()}", style="quiet")
    output.say(f"Proposed: {proposed.revision.name}, {proposed.evidence}")
    choices = [
        (
            revision.name,
            f"{revision.name}  {age(facts.observed_at - revision.created_at)}"
            f"  {revision.image.rpartition('/')[2]}",
        )
        for revision in could
    ]
    return prompts.pick(
        "Which revision takes the traffic?",
        choices,
        flag="--revision NAME",
        default=proposed.revision.name,
    )


def pick_backup(database: BackupFacts, wanted: str | None) -> str:
    """The number of a backup, chosen from the good ones; `wanted` is where the cursor begins.

    Where nobody can choose, the list is shown all the same, and the missing flag is named. Raises
    what `choose` raises.
    """
    from hrmsops.console import output, prompts
    from hrmsops.console.backups import line
    from hrmsops.rollback.backup_choice import LATEST, choose, offered

    proposed = choose(database, wanted or LATEST, accepted=())
    choices = [(each.id, line(each, database.observed_at)) for each in offered(database)]
    if not prompts.somebody_answers():
        for _number, words in choices:
            output.say(words)
    return prompts.pick(
        "Which backup is restored?", choices, flag="--backup ID", default=proposed.id
    )
