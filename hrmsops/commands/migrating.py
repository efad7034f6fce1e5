"""From `migrate`'s flags to its plan."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from hrmsops.errors.usage import WrongUsage

if TYPE_CHECKING:
    from hrmsops.commands.applying import Manner
    from hrmsops.django.bridge import Limits
    from hrmsops.engine.journal import Journal
    from hrmsops.engine.plan import Plan
    from hrmsops.plans.migration_facts import MigrationFacts
    from hrmsops.world import World

REASON = "apply what the code brings"


@dataclass(frozen=True, kw_only=True)
class Asked:
    """The flags as they were typed; None was left open."""

    app: str | None
    to: str | None
    statement: timedelta | None
    lock: timedelta | None
    image: str
    as_job: bool
    shows_sql: bool
    is_interactive: bool
    reason: str | None
    accepted: tuple[str, ...]


def make_plan(world: World, journal: Journal, asked: Asked, manner: Manner) -> Plan:
    """Look, show what was asked to be seen, and plan."""
    from hrmsops.plans.migrate import plan
    from hrmsops.plans.observing import observe_migrations

    if asked.to and not asked.app:
        raise WrongUsage(problem="--to needs --app.", command="hrmsops migrate")
    limits = _limits(world, asked)
    facts = observe_migrations(
        world,
        instance=instance_of(world, journal),
        app=asked.app or "",
        to=asked.to or "",
        image=asked.image or (serving_image(world) if asked.as_job else ""),
        as_job=asked.as_job,
        limits=limits,
    )
    if asked.shows_sql:
        _show_sql(facts)
    if asked.is_interactive:
        from hrmsops.commands.blockers import Asker

        world.on_blocked = Asker(world, facts.instance)
    return plan(
        facts,
        environment=world.environment,
        reason=_reason(asked, manner),
        accepted=asked.accepted,
        statement_ms=limits.milliseconds["statement_ms"],
        lock_ms=limits.milliseconds["lock_ms"],
    )


def _limits(world: World, asked: Asked) -> Limits:
    from hrmsops.django.bridge import Limits

    timeouts = world.config.timeouts
    return Limits(statement=asked.statement or timeouts.statement, lock=asked.lock or timeouts.lock)


def instance_of(world: World, journal: Journal) -> str:
    """What the serving revision is bound to; before the first deploy, what is configured."""
    from hrmsops.errors.cloud import ResourceMissing
    from hrmsops.rollback.observing import observe
    from hrmsops.rollback.observing_database import active_instance

    try:
        return active_instance(world, observe(world, journal))
    except ResourceMissing:
        if world.environment.instance:
            return world.environment.instance
        raise


def serving_image(world: World) -> str:
    """The image of the revision that serves, by digest."""
    serving = world.cloud_run.service(world.service_name).serving
    template = world.run_documents.template(f"{world.service_name}/revisions/{serving}")
    return str(template["containers"][0]["image"])


def _reason(asked: Asked, manner: Manner) -> str:
    """What overrides a refusal needs a reason; a deploy has one of its own."""
    from hrmsops.commands.asking import reason_for

    if asked.accepted or asked.reason or manner.plan_in:
        return reason_for(asked.reason, manner)
    return REASON


def _show_sql(facts: MigrationFacts) -> None:
    from hrmsops.console import output

    for each in facts.pending:
        output.result(f"-- {each.full_name}", style="bold")
        unknown = ["-- Depends on the migrations before it; it is known when they are applied."]
        output.raw("\n".join(unknown if each.sql is None else each.sql or ["-- No statement."]))
