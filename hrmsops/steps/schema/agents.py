"""The process that migrates, kept from one step of a run to the next."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import msgspec

from hrmsops.engine.run import Run
from hrmsops.postgres.session import Target
from hrmsops.world import World

if TYPE_CHECKING:
    from hrmsops.django.bridge import Limits, Login, Migrator, Origin

LOCK_WAIT = timedelta(minutes=15)
"""For what a killed process of the same run left behind: a build that goes on to its end."""


class Migrating(msgspec.Struct, frozen=True, kw_only=True):
    """What every step of one migration run has in common.

    `app` and `to` are what was asked for, "" for everything. `repeats` says that code which was
    interrupted outside a transaction may be run again, `as_job` that the code is that of `image`.
    """

    instance: str
    app: str
    to: str
    statement_ms: int
    lock_ms: int
    image: str
    commit: str
    repeats: bool
    as_job: bool


def agent_of(
    world: World, run: Run, how: Migrating, hear: Callable[[dict[str, Any]], None]
) -> Migrator:
    """The run's agent, made where there is none: it is ready, and holds the lock.

    Raises what the bridge raises; nothing is left running then.
    """
    if found := world.agents.get(run.id):
        return found
    from hrmsops.django.bridge import Limits, Origin

    run.progress(f"Starting {world.environment.service}'s own Django")
    limits = Limits(
        statement=timedelta(milliseconds=how.statement_ms),
        lock=timedelta(milliseconds=how.lock_ms),
    )
    account = world.operator.account
    origin = Origin(run=run.id, operator=account, image=how.image, commit=how.commit)
    target = target_of(world, run, how)
    agent = made(world, target, limits=limits, origin=origin, as_job=how.as_job, lock=True)
    world.agents[run.id] = agent
    try:
        agent.ready(hear)
    except BaseException:
        dismiss(world, run)
        raise
    return agent


def made(
    world: World, target: Target, *, limits: Limits, origin: Origin, as_job: bool, lock: bool
) -> Migrator:
    """An agent with the code at hand, or `as_job` one with the code of an image."""
    from hrmsops.django.bridge import Agent, request_of

    if not as_job:
        return Agent(
            world.project,
            login_of(target),
            limits=limits,
            origin=origin,
            app_roles=app_roles(world),
            lock=lock,
            lock_wait=LOCK_WAIT,
        )
    from hrmsops.steps.schema.job_agent import JobAgent

    project = world.project
    request = request_of(
        settings=project.settings,
        alias=project.alias,
        database={},  # The revision's own variables lead there.
        role=target.owner_role,
        limits=limits,
        origin=origin,
        app_roles=app_roles(world),
        lock=lock,
        lock_wait=LOCK_WAIT,
    )
    return JobAgent(world, target, run=origin.run, image=origin.image, request=request)


def dismiss(world: World, run: Run) -> None:
    """End the run's agent, whatever it is doing, and give its lock back."""
    if agent := world.agents.pop(run.id, None):
        agent.close()


def target_of(world: World, run: Run, how: Migrating) -> Target:
    """How the database is reached by us, beside the agent."""
    instance = world.cloud_sql.instance(how.instance)
    return world.target(instance, application_name=f"hrmsops {run.id}")


def login_of(target: Target) -> Login:
    """The same for the agent, whose project may ask for more of TLS than we, or for too much."""
    from hrmsops.django.bridge import Login

    return Login(
        host=target.host,
        port=target.port,
        name=target.database,
        user=target.user,
        password=target.password,
        role=target.owner_role,
        sslmode="" if target.sslmode == "prefer" else target.sslmode,
    )


def app_roles(world: World) -> tuple[str, ...]:
    """The application's roles, which must be able to use what a migration makes."""
    return world.environment.database.app_roles if world.environment.database else ()
