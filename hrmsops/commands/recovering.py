"""What `rollback pitr` was asked for, and the plan that comes of it."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from hrmsops.commands.applying import Manner
    from hrmsops.engine.journal import Journal
    from hrmsops.engine.plan import Plan
    from hrmsops.rollback.continuing import Recovered
    from hrmsops.rollback.cutover_facts import CutoverFacts
    from hrmsops.rollback.facts import ServiceFacts
    from hrmsops.rollback.hold_first import HoldFirst
    from hrmsops.rollback.kinds.tables import Wanted
    from hrmsops.rollback.moments import Moment, Recorded
    from hrmsops.world import World


@dataclass(frozen=True, kw_only=True)
class Recovery:
    """What was typed; `at`, the two `before_…` and `continues` exclude each other."""

    at: datetime | None = None
    before_migration: str | None = None
    before_run: str | None = None
    continues: str | None = None
    promote: bool = False
    tables: Wanted | None = None
    revision: str | None = None
    instance: str | None = None
    clone_name: str | None = None
    reason: str | None = None
    accepted: tuple[str, ...] = ()
    acknowledged: tuple[str, ...] = ()
    hold: bool = True
    cancel_jobs: bool = False

    def require_one_moment(self) -> None:
        """Raise MomentNotSaid unless the moment is said in one way, WayOnNotSaid without a way."""
        from hrmsops.errors.cutover import MomentNotSaid, WayOnNotSaid
        from hrmsops.errors.usage import WrongUsage

        said = {
            "--at": self.at,
            "--before-migration": self.before_migration,
            "--before-run": self.before_run,
            "--continue": self.continues,
        }
        given = tuple(flag for flag, value in said.items() if value is not None)
        if len(given) != 1:
            raise MomentNotSaid(given=given)
        if self.promote and self.tables:
            problem = "--promote and --tables exclude each other."
            raise WrongUsage(problem=problem, command="hrmsops rollback pitr")
        if self.continues is not None and not (self.promote or self.tables):
            raise WayOnNotSaid(run=self.continues)


def plan_of(ask: Recovery, manner: Manner, world: World, journal: Journal) -> Plan:
    """Look once, and plan: a recovery, one that goes on to the cutover, or the cutover alone."""
    from hrmsops.commands.rollback_tables import copy_plan
    from hrmsops.rollback.observing import observe

    ask.require_one_moment()
    facts = observe(world, journal)
    if ask.continues is not None:
        found = recovered(world, journal, ask.continues)
        if ask.tables:
            return copy_plan(ask, manner, world, facts, found)
        return _continued(ask, manner, world, facts, found)
    return _from_a_moment(ask, manner, world, journal, facts)


def recovered(world: World, journal: Journal, run_id: str) -> Recovered:
    """The verified clone of an earlier run of this service, which is there and runs.

    Raises RunNotFound, RunOfAnotherService, RunNotContinuable, InstanceStopped.
    """
    from hrmsops.errors.pitr import InstanceStopped
    from hrmsops.rollback.continuing import gone, recovered_by, require_service
    from hrmsops.steps.cloud_sql.made_instance import seen

    run = journal.look(run_id)
    require_service(run, world.service_name)
    found = recovered_by(run)
    clone = seen(found.instance, world)
    if clone is None:
        raise gone(run, found)
    if not clone.is_running:
        raise InstanceStopped(
            instance=clone.name, state=clone.state, policy=clone.activation_policy
        )
    return found


def _continued(
    ask: Recovery, manner: Manner, world: World, facts: ServiceFacts, found: Recovered
) -> Plan:
    from hrmsops.commands.asking import reason_for
    from hrmsops.rollback.continuing import require_other
    from hrmsops.rollback.kinds.promotion import plan
    from hrmsops.rollback.observing_cutover import observe_cutover
    from hrmsops.rollback.observing_database import active_instance

    source = ask.instance or active_instance(world, facts)
    require_other(found, source)
    cutover = observe_cutover(
        world, facts, source=source, clone=found.instance, at=found.at, revision=ask.revision
    )
    made = plan(
        cutover,
        found,
        environment=world.environment,
        reason=reason_for(ask.reason, manner),
        accepted=ask.accepted,
        hold=held(ask, world),
    )
    acknowledge_before(cutover, ask.acknowledged, manner, world)
    return made


def _from_a_moment(
    ask: Recovery, manner: Manner, world: World, journal: Journal, facts: ServiceFacts
) -> Plan:
    from hrmsops.commands.asking import reason_for
    from hrmsops.engine.plan import new_run_id
    from hrmsops.rollback.kinds.pitr import name_of_clone, plan
    from hrmsops.rollback.moments import next_applied, recorded_in
    from hrmsops.rollback.observing_cutover import observe_cutover
    from hrmsops.rollback.observing_database import observe_database

    database = observe_database(world, facts, instance_name=ask.instance)
    source = database.instance.name
    # Asked now, so that a missing password is not met after a clone of forty minutes.
    world.target(database.instance, application_name="hrmsops")
    known = recorded_in(world, source)
    moment = _moment(ask, journal, known, source)
    database.require_moment(moment.at)
    run = new_run_id(facts.observed_at)
    environment = world.environment
    clone = name_of_clone(ask.clone_name or source, run=run, project=environment.project)
    promotion = (
        observe_cutover(
            world, facts, source=source, clone=clone, at=moment.at, revision=ask.revision
        )
        if ask.promote
        else None
    )
    made = plan(
        facts,
        database,
        at=moment.at,
        environment=environment,
        reason=reason_for(ask.reason, manner),
        clone_name=ask.clone_name,
        run=run,
        without=moment.without,
        evidence=tuple(filter(None, (moment.evidence, next_applied(moment.at, known)))),
        promotion=promotion,
        accepted=ask.accepted,
        hold=held(ask, world),
    )
    if promotion:
        acknowledge_before(promotion, ask.acknowledged, manner, world)
    return made


def held(ask: Recovery, world: World) -> HoldFirst:
    """The hold that every way back begins with."""
    from hrmsops.commands.holding import held_first

    return held_first(world, hold=ask.hold, accepted=ask.accepted, cancel=ask.cancel_jobs)


def _moment(ask: Recovery, journal: Journal, known: Recorded, source: str) -> Moment:
    from hrmsops.rollback.moments import Moment, before_migration, before_run

    if ask.before_migration is not None:
        return before_migration(ask.before_migration, known, instance=source)
    if ask.before_run is not None:
        return before_run(journal.look(ask.before_run), known)
    assert ask.at is not None, "The moment is said in one way."
    return Moment(at=ask.at)


def acknowledge_before(
    facts: CutoverFacts, names: Collection[str], manner: Manner, world: World
) -> None:
    """Before a clone of forty minutes: what has left the building so far has been dealt with.

    What leaves until the fence is listed, and asked about, again.
    """
    from hrmsops.commands.acknowledging import acknowledge_items, tell_open
    from hrmsops.rollback.cutover import queries_of
    from hrmsops.steps.rows.irrevocable import listed

    items = listed(
        world,
        instance=facts.source,
        since=facts.at,
        queries=queries_of(facts, world.environment),
        application_name="hrmsops",
    )
    if manner.only_shows:
        tell_open(world, items, names=names, manner=manner)
    else:
        acknowledge_items(world, items, names=names, run="", is_open=False, json=manner.json)
