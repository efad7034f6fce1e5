"""The one place where is read what taking migrations back would do."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from hrmsops.errors.base import HrmsopsError
from hrmsops.rollback.facts import ServiceFacts
from hrmsops.rollback.migration_facts import Half, Rehearsal, ReversalFacts, Reverse
from hrmsops.rollback.observing_database import active_instance
from hrmsops.rollback.observing_schema import schema_of
from hrmsops.rollback.reading_code import read_code
from hrmsops.rollback.sighting import SchemaFacts, Seen
from hrmsops.steps.schema.agents import made
from hrmsops.steps.schema.verify_reversal import looks
from hrmsops.world import World

if TYPE_CHECKING:
    from hrmsops.django.bridge import Limits, Migrator
    from hrmsops.postgres.ledger import LedgerEntry
    from hrmsops.postgres.session import Target
    from hrmsops.safety.reversal import Reversal

NOT_READ = "its code is not in the project, so what its reverse does to data is not known"


def observe_reversal(
    world: World,
    service: ServiceFacts,
    *,
    app: str,
    to: str,
    undo: str,
    image: str,
    as_job: bool,
    limits: Limits,
) -> ReversalFacts:
    """Ask the HRMS's own Django what has to go, and the database what goes with it.

    `as_job`: that of `image`, else the code at hand.

    Raises what the bridge and the session raise, before anything is changed.
    """
    from hrmsops.django.bridge import Origin
    from hrmsops.django.checkout import commit_of
    from hrmsops.engine.plan import new_run_id

    origin = Origin(
        run=new_run_id(world.clock.now()) if as_job else "plan",
        operator=world.operator.account,
        image=image,
        commit="",
    )
    instance = active_instance(world, service)
    name = f"hrmsops {origin.run}"
    target = world.target(world.cloud_sql.instance(instance), application_name=name)
    agent = made(world, target, limits=limits, origin=origin, as_job=as_job, lock=False)
    found, ready = _ask(agent, app=app, to=to, undo=undo)
    reverses = _classed(world, msgspec.convert(found["migrations"], tuple[Reverse, ...]))
    missing, half, under_way = _look(target, tuple(found["unknown"]), reverses)
    return ReversalFacts(
        observed_at=world.clock.now(),
        service=service,
        schema=_schema(world, service),
        instance=instance,
        database=ready["database"],
        role=ready["role"],
        server=str(ready["version"]).partition(" ")[0],
        django=ready["django"],
        commit="" if as_job else commit_of(world.project.root),
        image=image,
        as_job=as_job,
        app=app,
        to=to,
        undo=undo,
        applied=tuple(found["applied"]),
        reverses=reverses,
        forwards=tuple(found["forwards"]),
        missing=missing,
        owners=found["owners"],
        known=tuple(looks(found)),
        half=half,
        under_way=under_way,
        rehearsal=Rehearsal(is_done=False, why="not yet"),
    )


def _ask(agent: Migrator, *, app: str, to: str, undo: str) -> tuple[dict[str, Any], dict[str, Any]]:
    try:
        agent.ready(_unheard)
        found = agent.ask("plan-backwards", _unheard, app=app, to=to or None, undo=undo or None)
        return found, agent.session
    finally:
        agent.close()


def _unheard(event: dict[str, Any]) -> None:
    """Nothing happens while one only looks."""


def _schema(world: World, service: ServiceFacts) -> Seen[SchemaFacts]:
    try:
        return Seen(value=schema_of(world, service))
    except HrmsopsError as error:
        return Seen(value=None, why=f"{error.what} {error.why}", code=error.code)


def _classed(world: World, reverses: tuple[Reverse, ...]) -> tuple[Reverse, ...]:
    """Each with what its reverse does to data, read from its code; Django says what has none."""
    if not reverses:
        return ()
    code = read_code(world.config, tuple(each.full_name for each in reverses))
    known = code.reversals if code else {}
    return tuple(_class_of(each, known.get(each.full_name)) for each in reverses)


def _class_of(each: Reverse, read: Reversal | None) -> Reverse:
    fixed = [one for one in each.operations if not one.is_reversible]
    why = read.why if read else (NOT_READ,)
    repairs = read.repairs if read else False
    kind: str = read.kind if read else "lossy"
    if fixed:
        kind, why = "irreversible", (f"{fixed[0].text} has no reverse", *why)
    elif kind == "irreversible":
        kind = "lossy"  # Django can reverse it; what that does could not be read.
    return msgspec.structs.replace(each, kind=kind, repairs=repairs, why=why)


def _look(
    target: Target, unknown: tuple[str, ...], reverses: tuple[Reverse, ...]
) -> tuple[tuple[tuple[str, str], ...], tuple[Half, ...], dict[str, Any] | None]:
    from dataclasses import asdict

    from hrmsops.postgres.ledger import half_applied, read_ledger
    from hrmsops.postgres.migration_lock import lock_holder
    from hrmsops.postgres.session import connect

    names = {each.full_name for each in reverses}
    with connect(target, read_only=True) as session:
        applied = read_ledger(session)
        half = half_applied(read_ledger(session, reverses=True))
        holder = lock_holder(session)
    return (
        tuple((name, _where(name, applied)) for name in unknown),
        tuple(Half(migration=e.migration, run=e.run) for e in half if e.migration in names),
        asdict(holder) if holder else None,
    )


def _where(migration: str, ledger: tuple[LedgerEntry, ...]) -> str:
    """The code that has the migration, as the ledger knows it; "" where it does not."""
    for entry in reversed(ledger):
        if entry.migration == migration and (entry.commit or entry.image):
            commit = f"commit {entry.commit}" if entry.commit else ""
            image = f"image {entry.image}" if entry.image else ""
            return ", ".join(each for each in (commit, image) if each)
    return ""
