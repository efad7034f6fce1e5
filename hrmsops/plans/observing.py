"""The one place where facts about migrations are read."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from hrmsops.plans.migration_facts import Danger, Half, MigrationFacts, Pending, TableSize
from hrmsops.steps.schema.agents import made
from hrmsops.steps.schema.verify_migrations import in_words
from hrmsops.world import World

if TYPE_CHECKING:
    from hrmsops.django.bridge import Limits, Migrator
    from hrmsops.postgres.session import Session, Target

_SIZES = """
    SELECT c.oid::regclass::text, nullif(c.reltuples, -1)::bigint, pg_total_relation_size(c.oid)
    FROM pg_class c WHERE c.oid = ANY(
        SELECT to_regclass(quote_ident(split_part(t, '.', 1)) || CASE WHEN t LIKE '%%.%%'
               THEN '.' || quote_ident(split_part(t, '.', 2)) ELSE '' END)
        FROM unnest(%s::text[]) t)
"""


def observe_migrations(
    world: World,
    *,
    instance: str,
    app: str,
    to: str,
    image: str,
    as_job: bool,
    limits: Limits,
) -> MigrationFacts:
    """Ask the HRMS's own Django what it would apply, and the database how large it is.

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
    target = world.target(
        world.cloud_sql.instance(instance), application_name=f"hrmsops {origin.run}"
    )
    agent = made(world, target, limits=limits, origin=origin, as_job=as_job, lock=False)
    found, ready = _ask(agent, app=app, to=to)
    pending = tuple(msgspec.convert(found["migrations"], tuple[Pending, ...]))
    sizes, half, under_way = _look(target, pending)
    findings, unchecked = _checked(world, pending, sizes, version=str(ready["version"]))
    return MigrationFacts(
        observed_at=world.clock.now(),
        service=world.service_name,
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
        applied=found["applied"],
        pending=pending,
        backwards=tuple(found["backwards"]),
        unknown=tuple(found["unknown"]),
        owners=found["owners"],
        changes=tuple(found["changes"]),
        checks=tuple(found["checks"]),
        known=tuple(in_words(found)),
        sizes=sizes,
        findings=findings,
        unchecked=unchecked,
        half=half,
        under_way=under_way,
    )


def _ask(agent: Migrator, *, app: str, to: str) -> tuple[dict[str, Any], dict[str, Any]]:
    try:
        agent.ready(_unheard)
        found = agent.ask("plan", _unheard, app=app or None, to=to or None)
        return found, agent.session
    finally:
        agent.close()


def _unheard(event: dict[str, Any]) -> None:
    """Nothing happens while one only looks."""


def _look(
    target: Target, pending: tuple[Pending, ...]
) -> tuple[dict[str, TableSize], tuple[Half, ...], dict[str, Any] | None]:
    from dataclasses import asdict

    from hrmsops.postgres.ledger import half_applied, read_ledger
    from hrmsops.postgres.migration_lock import lock_holder
    from hrmsops.postgres.session import connect

    names = {each.full_name for each in pending}
    with connect(target, read_only=True) as session:
        sizes = _sizes(session, sorted({table for each in pending for table in each.locks}))
        half = tuple(
            Half(migration=each.migration, run=each.run, operation=each.operation + 1)
            for each in half_applied(read_ledger(session))
            if each.migration in names
        )
        holder = lock_holder(session)
    return sizes, half, asdict(holder) if holder else None


def _checked(
    world: World, pending: tuple[Pending, ...], sizes: dict[str, TableSize], *, version: str
) -> tuple[tuple[Danger, ...], tuple[str, ...]]:
    """What `check` says of what is pending as one deploy, with the rows that are really there."""
    from hrmsops.safety.analyzer import analyze
    from hrmsops.safety.operations import Migration

    names = {each.full_name for each in pending}
    if not world.project.root.is_dir():
        return (), tuple(sorted(names))
    seen: set[str] = set()

    def is_pending(migration: Migration) -> bool:
        name = f"{migration.app}.{migration.name}"
        seen.add(name)
        return name in names

    safety = world.config.safety
    live = {table: size.rows for table, size in sizes.items() if size.rows is not None}
    report = analyze(
        world.project.root,
        expected_rows={**safety.expected_rows, **live},
        large_table_rows=safety.large_table_rows,
        target_pg=int(version.partition(".")[0]),
        pending=is_pending,
    )
    findings = tuple(
        Danger(
            rule=each.rule,
            severity=each.severity,
            migration=f"{each.app}.{each.migration}",
            operation=each.operation,
            table=each.table,
            why=each.why,
            instead=each.instead,
        )
        for each in report.findings
        if each.severity != "info"
    )
    return findings, tuple(sorted(names - seen))


def _sizes(session: Session, tables: list[str]) -> dict[str, TableSize]:
    rows = session.execute(_SIZES.encode(), [tables]).fetchall()
    return {name.replace('"', ""): TableSize(rows=count, bytes=size) for name, count, size in rows}
