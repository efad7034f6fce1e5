"""From the flags of `rollback migration` to its plan."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import TYPE_CHECKING

from hrmsops.errors.usage import AnswerNeeded, WrongUsage

if TYPE_CHECKING:
    from hrmsops.commands.applying import Manner
    from hrmsops.django.bridge import Limits
    from hrmsops.engine.journal import Journal
    from hrmsops.engine.plan import Plan
    from hrmsops.rollback.candidates import Choice
    from hrmsops.rollback.facts import ServiceFacts
    from hrmsops.rollback.migration_facts import CloneWanted, Rehearsal, ReversalFacts, Traffic
    from hrmsops.world import World

COMMAND = "hrmsops rollback migration"
SERVES_WITHOUT = (
    "what serves never had what goes, by its image in the ledger or as it was made before "
    "(inferred); --revision NAME says otherwise"
)


class Where(StrEnum):
    """Where a reverse is tried before it is done."""

    SCRATCH = "scratch"
    CLONE = "clone"
    NONE = "none"


@dataclass(frozen=True, kw_only=True)
class Asked:
    """The flags as they were typed; None was left open."""

    app: str
    to: str | None
    undo: str | None
    revision: str
    keeps_traffic: bool
    where: Where
    """Where it is rehearsed;"""
    is_rehearsal: bool
    """and whether that is all, on a clone."""
    image: str
    as_job: bool
    statement: timedelta | None
    lock: timedelta | None
    shows_sql: bool
    is_interactive: bool
    reason: str | None
    accepted: tuple[str, ...]


def make_plan(world: World, journal: Journal, asked: Asked, manner: Manner) -> Plan:
    """Look, rehearse, show what was asked to be seen, and plan."""
    from msgspec.structs import replace

    from hrmsops.commands.asking import reason_for
    from hrmsops.commands.migrating import serving_image
    from hrmsops.rollback.kinds.migration import plan, require_possible
    from hrmsops.rollback.observing import observe
    from hrmsops.rollback.observing_requests import with_history
    from hrmsops.rollback.observing_reversal import observe_reversal

    if asked.to and asked.undo:
        raise WrongUsage(problem="--to and --undo exclude each other.", command=COMMAND)
    if asked.as_job and asked.where is Where.CLONE:
        # A job logs in where the revision that serves does: that is not the clone.
        problem = "--rehearse clone runs the code at hand, and --job that of an image."
        raise WrongUsage(problem=problem, command=COMMAND)
    service = with_history(world, observe(world, journal))
    undo = asked.undo or ("" if asked.to else _proposed(world, service, asked.app))
    limits = _limits(world, asked)
    facts = observe_reversal(
        world,
        service,
        app=asked.app,
        to=asked.to or "",
        undo=undo,
        image=asked.image or (serving_image(world) if asked.as_job else ""),
        as_job=asked.as_job,
        limits=limits,
    )
    if asked.shows_sql:
        _show_sql(facts)
    require_possible(facts, environment=world.environment.name)
    traffic = _traffic(world, facts, asked)
    facts = replace(
        facts,
        rehearsal=_rehearsal(world, facts, limits, asked, manner),
        clone=_clone(world, journal, facts, asked),
    )
    if asked.is_interactive:
        from hrmsops.commands.blockers import Asker

        world.on_blocked = Asker(world, facts.instance)
    return plan(
        facts,
        traffic,
        environment=world.environment,
        reason=reason_for(asked.reason, manner),
        accepted=asked.accepted,
        statement_ms=limits.milliseconds["statement_ms"],
        lock_ms=limits.milliseconds["lock_ms"],
    )


def _limits(world: World, asked: Asked) -> Limits:
    from hrmsops.django.bridge import Limits

    timeouts = world.config.timeouts
    return Limits(statement=asked.statement or timeouts.statement, lock=asked.lock or timeouts.lock)


def _proposed(world: World, service: ServiceFacts, app: str) -> str:
    """What the last deploy applied of this app, chosen in a terminal. Raises AnswerNeeded."""
    from hrmsops.console import prompts
    from hrmsops.rollback.candidates import eligible_before
    from hrmsops.rollback.observing_schema import schema_of
    from hrmsops.rollback.schema_fit import applied_after

    question = f"Which migration of {app} is undone, with all that came after it?"
    flag = "--undo NAME or --to NAME"
    if not prompts.somebody_answers():
        raise AnswerNeeded(question=question, flag=flag)
    schema = schema_of(world, service)
    names = [each for each in schema.applied if each.migration.startswith(f"{app}.")]
    could, _skipped = eligible_before(service)
    since = applied_after(could[0], schema) if could else ()
    last = next((each for each in since if each in names), names[-1] if names else None)
    if last is None:
        raise WrongUsage(problem=f"No migration of {app} is applied.", command=COMMAND)
    choices = [
        (each.migration, f"{each.migration.partition('.')[2]}  {each.at:%Y-%m-%d %H:%M} UTC")
        for each in reversed(names)
    ]
    picked = prompts.pick(question, choices, flag=flag, default=last.migration)
    return picked.partition(".")[2]


def _rehearsal(
    world: World, facts: ReversalFacts, limits: Limits, asked: Asked, manner: Manner
) -> Rehearsal:
    """What became of it on an empty copy of the schema, whose structure is the one to end with."""
    from hrmsops.console import output
    from hrmsops.rollback.rehearsing import not_tried, rehearse

    if asked.where is Where.NONE:
        return not_tried("it was left out (--rehearse none)")
    if asked.as_job:
        return not_tried("the code is in an image, not on this machine (--job)")
    if not facts.reverses:
        return not_tried("nothing would go")
    on_clone = asked.where is Where.CLONE
    if not manner.json:
        what = "Reading the schema to end with from" if on_clone else "Rehearsing on"
        output.say(f"{what} an empty copy of the schema …", style="quiet")
    found = rehearse(world, facts, limits, takes_back=not on_clone)
    if found.is_done and not found.failed and not manner.json:
        output.say(f"The rehearsal went through in {found.seconds:g} s.", style="good")
    return found


def _clone(
    world: World, journal: Journal, facts: ReversalFacts, asked: Asked
) -> CloneWanted | None:
    """That it is to be rehearsed on a clone, and what an earlier one took."""
    from hrmsops.rollback.clone_estimate import seconds_of_last
    from hrmsops.rollback.migration_facts import CloneWanted

    if asked.where is not Where.CLONE:
        return None
    last = seconds_of_last(journal.runs(), facts.instance)
    return CloneWanted(last_seconds=last, is_all=asked.is_rehearsal)


def _traffic(world: World, facts: ReversalFacts, asked: Asked) -> Traffic:
    """Which revision serves afterwards: the last good one that never had what goes."""
    from hrmsops.rollback.candidates import PREVIOUS, choose
    from hrmsops.rollback.kinds.migration import serves_already
    from hrmsops.rollback.migration_facts import Traffic
    from hrmsops.rollback.reading_code import read_code
    from hrmsops.rollback.schema_fit import applied_after, fits

    if asked.is_rehearsal:
        return Traffic(choice=None, why="nothing is done but the rehearsal (--dry-run)")
    if asked.keeps_traffic:
        return Traffic(choice=None, why="so it was asked (--keep-traffic)")
    if not facts.reverses:
        return Traffic(choice=None, why="nothing goes")
    if asked.revision == PREVIOUS and serves_already(facts.service, facts):
        return Traffic(choice=None, why=SERVES_WITHOUT)
    if asked.revision == PREVIOUS:
        choice = _last_without(facts)
    else:
        choice = choose(facts.service, asked.revision)
    after = facts.afterwards
    later = applied_after(choice.revision, after.value) if after.value else ()
    names = tuple(each.migration for each in later)
    code = read_code(world.config, names) if names else None
    return Traffic(choice=choice, fit=fits(choice.revision, after, code))


def _last_without(facts: ReversalFacts) -> Choice:
    """Raises NoFittingRevision."""
    from hrmsops.errors.reversal import NoFittingRevision
    from hrmsops.errors.rollback import NoEligibleRevision
    from hrmsops.gcp.resources import short
    from hrmsops.rollback.candidates import PREVIOUS, choose
    from hrmsops.rollback.kinds.migration import fitting

    known = fitting(facts.service, facts)
    try:
        return choose(known, PREVIOUS)
    except NoEligibleRevision as error:
        is_alone = len(known.revisions) < 2
        raise NoFittingRevision(
            service=short(facts.service.service.name),
            oldest=facts.first,
            why="Each of them has it too." if is_alone else error.why,
        ) from error


def _show_sql(facts: ReversalFacts) -> None:
    from hrmsops.console import output

    for each in facts.reverses:
        output.result(f"-- {each.full_name}, taken back", style="bold")
        unknown = ["-- Depends on those before it; it is known when they are taken back."]
        output.raw("\n".join(unknown if each.sql is None else each.sql or ["-- No statement."]))
