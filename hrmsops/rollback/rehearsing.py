"""A rehearsal of a reverse: on an empty copy of the schema, in a scratch server on this machine."""

from __future__ import annotations

import time
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from hrmsops.engine.local import state_folder
from hrmsops.errors.base import HrmsopsError
from hrmsops.errors.failure_words import in_words
from hrmsops.errors.migrate import MigrationFailed
from hrmsops.rollback.migration_facts import Rehearsal, ReversalFacts, Reverse
from hrmsops.steps.schema.agents import app_roles
from hrmsops.steps.schema.schema_fits import SchemaWanted
from hrmsops.world import World

if TYPE_CHECKING:
    from hrmsops.django.bridge import Agent, Limits
    from hrmsops.postgres.session import Target
    from hrmsops.postgres.structure import Structure

NO_SERVER = "this machine has no PostgreSQL to try it on (hrmsops[sandbox] brings one)"
NOT_COMPARED = "the schema is not compared with the migrations'"


def rehearse(
    world: World, facts: ReversalFacts, limits: Limits, *, takes_back: bool = True
) -> Rehearsal:
    """Apply what production has to an empty database, then take back what has to go.

    On the way the schema is read as it should be before and afterwards. Without `takes_back` that
    is all. Where it cannot be tried the answer says why: that is no reason against the reverse.
    """
    from hrmsops.postgres.scratch import scratch_cluster

    began = time.monotonic()
    try:
        with scratch_cluster(state_folder() / "rehearsals") as scratch:
            target = _target(scratch)
            return _tried(world, facts, target, limits, began, takes_back=takes_back)
    except ModuleNotFoundError:
        return not_tried(NO_SERVER)
    except HrmsopsError as error:
        return not_tried(f"{error.what} {error.why}")


def not_tried(why: str) -> Rehearsal:
    """Neither a rehearsal nor a schema to compare with."""
    return Rehearsal(is_done=False, why=why, schema=SchemaWanted(why=f"{NOT_COMPARED}: {why}"))


def _tried(
    world: World,
    facts: ReversalFacts,
    target: Target,
    limits: Limits,
    began: float,
    *,
    takes_back: bool,
) -> Rehearsal:
    _make_roles(world, target)
    going = {each.full_name for each in facts.reverses}
    agent = _agent(world, target, limits)
    try:
        agent.ready(_unheard)
        wanted = _built(agent, target, [each for each in facts.applied if each not in going])
        before = _built(agent, target, list(facts.applied))
        schema = _schema(world, facts, before=before, wanted=wanted)
        for each in facts.reverses if takes_back else ():
            try:
                _take_back(agent, each, facts.reverses)
            except MigrationFailed as error:
                why = in_words(error.facts)
                return Rehearsal(
                    is_done=True,
                    failed=each.full_name,
                    why=f"{why[:1].upper()}{why[1:]}.",
                    schema=schema,
                )
        left = _read(target) if takes_back else wanted
    finally:
        agent.close()
    return Rehearsal(
        is_done=takes_back,
        seconds=round(time.monotonic() - began, 1),
        differs=_told(left, wanted),
        schema=schema,
    )


def _built(agent: Agent, target: Target, migrations: list[str]) -> Structure:
    """The structure that these migrations make; those that are there already stay."""
    agent.ask("build", _unheard, migrations=migrations)
    return _read(target)


def _schema(
    world: World, facts: ReversalFacts, *, before: Structure, wanted: Structure
) -> SchemaWanted:
    """What the schema should be afterwards, and in what it differs from its migrations now."""
    from hrmsops.postgres.structure import packed

    instance = world.cloud_sql.instance(facts.instance)
    live = _read(world.target(instance, application_name="hrmsops"))
    return SchemaWanted(structure=packed(wanted), drift=_told(live, before))


def _read(target: Target) -> Structure:
    from hrmsops.postgres.session import connect
    from hrmsops.postgres.structure_reading import read_structure

    with connect(target, read_only=True) as session:
        return read_structure(session)


def _told(found: Structure, wanted: Structure) -> tuple[str, ...]:
    from hrmsops.postgres.structure import differences

    return tuple(each.sentence() for each in differences(found, wanted))


def _take_back(agent: Agent, each: Reverse, plan: tuple[Reverse, ...]) -> None:
    agent.ask(
        "reverse",
        _unheard,
        app=each.app,
        name=each.name,
        fingerprint=each.fingerprint,
        plan=[[one.app, one.name] for one in plan],
        repeat=False,
    )


def _unheard(event: dict[str, Any]) -> None:
    """Nobody waits for anything there."""


def _target(scratch: dict[str, Any]) -> Target:
    from hrmsops.postgres.session import Target, Timeouts

    limits = Timeouts(
        statement=timedelta(minutes=5),
        lock=timedelta(seconds=10),
        idle_in_transaction=timedelta(minutes=5),
    )
    return Target(
        host=scratch["HOST"],
        port=scratch["PORT"],
        database=scratch["NAME"],
        user=scratch["USER"],
        password=scratch["PASSWORD"],
        application_name="hrmsops rehearsal",
        timeouts=limits,
    )


def _make_roles(world: World, target: Target) -> None:
    """The roles that migrations may grant to."""
    from psycopg import sql

    from hrmsops.postgres.session import connect

    database = world.environment.database
    named = (database.owner_role, database.user) if database else ()
    roles = dict.fromkeys(role for role in (*named, *app_roles(world)) if role)
    with connect(target) as session:
        for role in roles:
            session.execute(sql.SQL("CREATE ROLE {}").format(sql.Identifier(role)))


def _agent(world: World, target: Target, limits: Limits) -> Agent:
    from hrmsops.django.bridge import Agent, Origin
    from hrmsops.steps.schema.agents import login_of

    return Agent(
        world.project,
        login_of(target),
        limits=limits,
        origin=Origin(run="rehearsal", operator=world.operator.account, image="", commit=""),
        app_roles=(),
        lock=False,
        lock_wait=timedelta(0),
    )
