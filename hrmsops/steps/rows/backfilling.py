"""The process that backfills: the HRMS's code at hand, or a Cloud Run job of an image's."""

from __future__ import annotations

import json
import secrets
from datetime import timedelta
from typing import TYPE_CHECKING, Any, LiteralString, Protocol

from hrmsops.engine.run import Run
from hrmsops.errors.agent import JobEnded
from hrmsops.steps.rows.reaching import target as target_of
from hrmsops.steps.schema.agents import app_roles, login_of
from hrmsops.world import World

if TYPE_CHECKING:
    from hrmsops.django.bridge import Agent, Limits, Origin
    from hrmsops.postgres.session import Session, Target

POLL = timedelta(seconds=1)
AGENT, REQUEST = "HRMSOPS_AGENT", "HRMSOPS_REQUEST"
_ANSWERS: LiteralString = "SELECT to_regclass('hrmsops.answers') IS NOT NULL"
_REFUSED: LiteralString = """
    SELECT event->>'kind', event->'facts' FROM hrmsops.answers
    WHERE ask LIKE %s AND event->>'event' = 'refused' ORDER BY at LIMIT 1
"""


class Backfilled(Protocol):
    """What a step says about its backfill."""

    @property
    def instance(self) -> str: ...
    @property
    def image(self) -> str: ...
    @property
    def shards(self) -> int: ...


def helper(world: World, target: Target, *, run: str) -> Agent:
    """The agent with the app `hrmsops.backfill` beside it; it takes no migration lock."""
    from hrmsops.django.bridge import Agent
    from hrmsops.django.parcel import backfill_sources

    return Agent(
        world.project,
        login_of(target),
        limits=_limits(world),
        origin=_origin(world, run),
        app_roles=app_roles(world),
        lock=False,
        lock_wait=timedelta(0),
        more=backfill_sources(),
    )


def beside(world: World, run: Run, step: Backfilled, ask: dict[str, Any]) -> None:
    """With the code at hand, in a process of ours; it ends with us, at a batch's border."""
    from hrmsops.backfill.lines import in_words

    def hear(event: dict[str, Any]) -> None:
        if event["event"] == "backfill":
            run.progress(in_words(event["told"]))

    run.progress(f"Starting {world.environment.service}'s own Django")
    agent = helper(world, target_of(world, run, step.instance), run=run.id)
    try:
        agent.ready(hear)
        agent.ask("backfill", hear, **ask)
    finally:
        agent.close()


def in_a_job(world: World, run: Run, step: Backfilled, ask: dict[str, Any]) -> None:
    """With the image's code, one task a shard. A job that is at work already is only followed."""
    job = f"hrmsops-backfill-{run.id}"
    target = target_of(world, run, step.instance)
    execution = str(run.noted(run.at_step).get("operation", ""))
    if not execution or world.jobs.execution(execution).is_over:
        execution = _begin(world, run, step, ask, job=job, target=target)
    _follow(world, run, execution, ask=ask["run"], job=job, target=target)
    world.jobs.delete(job)


def _begin(
    world: World, run: Run, step: Backfilled, ask: dict[str, Any], *, job: str, target: Target
) -> str:
    from hrmsops.django.bridge import request_of
    from hrmsops.django.parcel import (
        FROM_VARIABLES,
        backfill_sources,
        in_variables,
        packed,
        parcel,
    )

    serving = world.cloud_run.service(world.service_name).serving
    template = world.run_documents.template(f"{world.service_name}/revisions/{serving}")
    world.jobs.make(
        job,
        of=template,
        image=step.image or template["containers"][0]["image"],
        command=("python", "-c", FROM_VARIABLES.format(name=AGENT)),
        env=in_variables(AGENT, parcel("agent", "main_of_job", more=backfill_sources())),
    )
    request = request_of(
        settings=world.project.settings,
        alias=world.project.alias,
        database={},  # The revision's own variables lead there.
        role=target.owner_role,
        limits=_limits(world),
        origin=_origin(world, run.id),
        app_roles=app_roles(world),
        lock=False,
        lock_wait=timedelta(0),
    )
    request |= {
        "ask": f"{job} {secrets.token_hex(4)} {{task}}",
        "asked": {"do": "backfill", **ask},
    }
    execution = world.jobs.run(job, env={REQUEST: packed(json.dumps(request))}, tasks=step.shards)
    run.note(operation=execution)
    return execution


def _follow(world: World, run: Run, execution: str, *, ask: str, job: str, target: Target) -> None:
    """Tell how far the shards are, until the execution is over. Raises what stopped a task."""
    from hrmsops.postgres.backfills import read_backfills
    from hrmsops.postgres.session import connect

    with connect(target, read_only=True) as session:
        while True:
            seen = world.jobs.execution(execution)
            shards = read_backfills(session, run=ask)
            if shards:
                rows = sum(each.rows for each in shards)
                ended = sum(bool(each.outcome) for each in shards)
                run.progress(f"{rows:,} rows; {ended} of {len(shards)} parts are done")
            if seen.is_over:
                break
            world.clock.sleep(POLL)
        if refusal := _refusal(session, job, target):
            raise refusal
        if seen.failure:
            raise JobEnded(execution=seen.name, why=seen.failure)


def _refusal(session: Session, job: str, target: Target) -> Exception | None:
    from hrmsops.django.refusals import refused

    if session.execute(_ANSWERS).fetchone() != (True,):
        return None
    found = session.execute(_REFUSED, [f"{job} %"]).fetchone()
    return refused(found[0], found[1], address=target.address) if found else None


def _limits(world: World) -> Limits:
    from hrmsops.django.bridge import Limits

    timeouts = world.config.timeouts
    return Limits(statement=timeouts.statement, lock=timeouts.lock)


def _origin(world: World, run: str) -> Origin:
    from hrmsops.django.bridge import Origin

    return Origin(run=run, operator=world.operator.account, image="", commit="")
