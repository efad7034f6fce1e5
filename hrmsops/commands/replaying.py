"""What `replay` does around its plan: whom it asks, what it shows, what it removes."""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from hrmsops.commands.applying import Manner
    from hrmsops.postgres.captured import Captured
    from hrmsops.rollback.damage import Damage
    from hrmsops.rollback.kinds.replay import ReplayFacts
    from hrmsops.rollback.recovered import Recovered
    from hrmsops.world import World


@dataclass(frozen=True, kw_only=True)
class Asked:
    """What was typed of the evidence."""

    damage: Damage
    clone: str
    renamed: Mapping[str, Mapping[str, str]]
    log: Path | None
    out: Path | None
    accepted: tuple[str, ...]
    """The refusals that are overridden."""
    words: tuple[str, ...]
    """The same as words, for the next command."""


def asked(
    *,
    transactions: Sequence[str],
    clone: str,
    is_harmless: bool,
    maps: Sequence[str],
    log: Path | None,
    out: Path | None,
    accepted: Sequence[str],
) -> Asked:
    """Read what was typed; raises DamageNotUnderstood, MapNotUnderstood, FolderTaken."""
    from hrmsops.rollback import damage
    from hrmsops.rollback.replay_files import require_free

    if out:
        require_free(out)
    words = [f"--damage-transaction={each}" for each in transactions]
    words += [f"--damage-clone={clone}"] if clone else []
    words += ["--no-damage"] if is_harmless else []
    words += [f"--map={each}" for each in maps]
    words += [f"--from={log}"] if log else []
    words += [f"--accept={each}" for each in accepted]
    return Asked(
        damage=damage.typed(transactions, is_harmless=is_harmless),
        clone=clone,
        renamed=damage.renamed(maps),
        log=log,
        out=out,
        accepted=tuple(accepted),
        words=tuple(words),
    )


def require_one(chosen: Sequence[bool], *, run: str | None) -> None:
    """Raise WrongUsage where more than one thing is asked for, or a run is missing."""
    from hrmsops.errors.usage import WrongUsage

    if sum(chosen) > 1:
        problem = "--show, --apply, --take-back and --purge exclude each other."
        raise WrongUsage(problem=problem, command="hrmsops replay")
    *_, is_purge = chosen
    if run is None and not is_purge:
        raise WrongUsage(problem="Missing argument 'RUN'.", command="hrmsops replay")


def recovery(run: str, config_path: Path | None, *, json: bool) -> Recovered:
    """The recovery that was named; raises RunNotFound, NothingToReplay."""
    from hrmsops.commands.records import journal_with
    from hrmsops.rollback.recovered import recovered

    return recovered(journal_with(run, config_path, json=json).runs(), run)


def merged(
    world: World, of: Recovered, asked: Asked, manner: Manner, *, is_applied: bool
) -> ReplayFacts:
    """The merge, made on the best evidence there is.

    Raises DamageUnknown where it `is_applied` and nobody knows, and what `held` raises.
    """
    from hrmsops.commands.applying import journal_of
    from hrmsops.rollback import replay_files
    from hrmsops.rollback.damage_named import held
    from hrmsops.rollback.kinds.replay import ReplayFacts
    from hrmsops.rollback.undone import undone_in

    captured = replay_files.kept(of)
    damage = asked.damage
    if asked.log:
        manifest = replay_files.from_log(world, of, captured, asked.log)
    else:
        said = held(world, of, captured, asked.damage, clone=asked.clone, accepted=asked.accepted)
        asked = replace(asked, damage=said)
        damage = _damage(of, captured, asked, manner, is_applied=is_applied)
        manifest = replay_files.merge(
            world,
            of,
            damage,
            clone=asked.clone,
            renamed=asked.renamed,
            undone=undone_in(journal_of(world).runs(), of.old),
        )
    return ReplayFacts(
        recovered=of,
        manifest=manifest,
        damage=damage,
        source=str(asked.log.name) if asked.log else of.old,
        serving=_serving(world),
    )


def show(world: World, of: Recovered, asked: Asked, manner: Manner) -> None:
    """The merge on the screen or as JSON; nothing is changed."""
    from hrmsops.console import output
    from hrmsops.console import replay as view
    from hrmsops.rollback import replay_files
    from hrmsops.rollback.kinds.replay import changes_due
    from hrmsops.steps.rows.folders import plan_of

    facts = merged(world, of, asked, manner, is_applied=False)
    folder = plan_of(of.run, facts.manifest.plan)
    if asked.out:
        replay_files.copy_out(of, facts.manifest, asked.out)
        folder = asked.out
    if manner.json:
        writers = replay_files.kept(of).writers
        output.write_json("replay", view.document(facts, folder=folder, writers=writers))
        return
    view.show(facts, folder=folder, captured=replay_files.kept(of))
    if changes_due(facts.manifest):
        words = ["hrmsops", "replay", of.run, *_words(facts, asked), "--apply"]
        output.next_step(shlex.join(words))
        return
    is_told = facts.damage.is_known or asked.clone or asked.log
    if not is_told and (writers := replay_files.kept(of).writers):
        output.say("Was the first of those transactions the damage? See what would come over then:")
        suspect = f"--damage-transaction={writers[0].number}"
        output.next_step(shlex.join(["hrmsops", "replay", of.run, suspect]))


def copy_out(of: Recovered, plan: str, folder: Path) -> None:
    """The files of an applied plan, where they were asked for."""
    from hrmsops.postgres.changes import read_manifest
    from hrmsops.rollback import replay_files
    from hrmsops.steps.rows.folders import plan_of

    replay_files.copy_out(of, read_manifest(plan_of(of.run, plan)), folder)


def purge(run: str | None, *, yes: bool, confirm: str | None, json: bool) -> None:
    """Remove one run's files, or all that are older than they may be."""
    import shutil

    from hrmsops.console import output, prompts
    from hrmsops.console.replay import EXPIRE_DAYS
    from hrmsops.engine.clock import SystemClock
    from hrmsops.steps.rows.folders import folder_of, older_than

    before = SystemClock().now() - timedelta(days=EXPIRE_DAYS)
    found = [folder_of(run)] if run else older_than(before)
    found = [each for each in found if each.is_dir()]
    if found:
        prompts.consent(
            # What is past its day was kept as long as was said.
            undoable=run is None,
            name=run or "",
            yes=yes,
            confirm=confirm if run else None,
            summary=f"Remove the kept rows of {', '.join(each.name for each in found)}",
        )
    for each in found:
        shutil.rmtree(each)
    if json:
        output.write_json("purge", {"removed": [each.name for each in found]})
    else:
        output.result(f"Removed: {', '.join(each.name for each in found) or 'nothing'}.")


def _damage(
    of: Recovered, captured: Captured, asked: Asked, manner: Manner, *, is_applied: bool
) -> Damage:
    """What was said, what the ledger says, or what a person confirms now."""
    from hrmsops.errors.replay import DamageUnknown
    from hrmsops.rollback.damage import proposed
    from hrmsops.rollback.replay_files import known

    damage = known(captured, asked.damage)
    if damage.is_known or not of.old or not captured.rows:
        return damage
    proposal = proposed(captured.writers)
    if not manner.json and proposal.spans and _is_confirmed(captured, proposal):
        return proposal
    if is_applied and not asked.clone:
        why = (
            f"Transaction {', '.join(proposal.words)} {proposal.evidence}; nobody confirmed it."
            if proposal.spans
            else "No ledger, no migration on record since, and no --damage-transaction."
        )
        raise DamageUnknown(run=of.run, why=why, proposed=next(iter(proposal.words), ""), clone="")
    if not manner.json:
        _show_writers(captured)
    return damage


def _is_confirmed(captured: Captured, proposal: Damage) -> bool:
    from hrmsops.console import prompts

    if not prompts.somebody_answers():
        return False
    _show_writers(captured)
    words = ", ".join(proposal.words)
    return prompts.ask_yes(
        f"Was the damage done by transaction {words} ({proposal.evidence}), and by no other?",
        flag=f"--damage-transaction {words}",
    )


def _show_writers(captured: Captured) -> None:
    from hrmsops.console import replay as view

    view.show_writers(captured.writers)


def _words(facts: ReplayFacts, asked: Asked) -> list[str]:
    """The evidence as it is typed, a confirmed one included."""
    if asked.damage.is_known or asked.log or not facts.damage.spans:
        return list(asked.words)
    confirmed = [f"--damage-transaction={each}" for each in facts.damage.words]
    return [*(confirmed if not facts.damage.doubtful else []), *asked.words]


def _serving(world: World) -> str:
    from hrmsops.commands.applying import journal_of
    from hrmsops.rollback.observing import observe
    from hrmsops.rollback.observing_database import active_instance

    return active_instance(world, observe(world, journal_of(world)))
