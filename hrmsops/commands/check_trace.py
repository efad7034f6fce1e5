"""`hrmsops check --trace`: the pending migrations run in a scratch database, and watched."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from hrmsops.commands.checking import Asked
    from hrmsops.django.bridge import Project
    from hrmsops.safety.operations import Key, Migration
    from hrmsops.safety.report import Report
    from hrmsops.safety.suppression import Baseline


def report(asked: Asked) -> Report:
    """Read, then run and look; what was measured stands in the place of what was read."""
    from hrmsops.config.safety_settings import safety_settings
    from hrmsops.errors.safety import NoMigrations
    from hrmsops.safety.analyzer import analyze
    from hrmsops.safety.baseline import read_baseline
    from hrmsops.safety.event import Sizes

    baseline = read_baseline(asked.baseline) if asked.baseline else None
    rows, large_rows = safety_settings(asked.config, start=asked.path)
    live = _live(asked) if asked.env else None
    if live is not None:
        rows = {**rows, **live.rows}
    pending = _pending(asked, live)
    read = analyze(
        asked.path,
        expected_rows=rows,
        large_table_rows=large_rows,
        target_pg=asked.target_pg,
        app=asked.app,
        pending=pending,
    )
    migrations = _migrations(asked.path)
    if not any(asked.app in (None, each.app) for each in migrations.values()):
        raise NoMigrations(path=str(asked.path), app=asked.app)
    wanted = {
        key
        for key, each in migrations.items()
        if (asked.app in (None, each.app)) and (pending is None or pending(each))
    }
    if not wanted:
        return _allowed(read, migrations, baseline)
    traced, unmade = _run(asked, wanted, alone=pending is None)
    from hrmsops.safety.trace.merging import merged
    from hrmsops.safety.trace.seen import seen_from

    # What is allowed is asked for again: another rule may say it now.
    whole = replace(
        read, findings=(*read.findings, *(each.finding for each in read.suppressed)), suppressed=()
    )
    found = merged(
        whole,
        map(seen_from, traced),
        migrations,
        sizes=Sizes(rows, large_rows),
        unmade=unmade,
        asked=wanted,
    )
    return _allowed(found, migrations, baseline)


@dataclass(frozen=True, kw_only=True)
class Live:
    """What an environment's database says of itself."""

    applied: frozenset[Key]
    rows: Mapping[str, int]


def _pending(asked: Asked, live: Live | None) -> Callable[[Migration], bool] | None:
    """What is not applied, else what is new since a revision, else None: each in turn."""
    if live is not None:
        applied = live.applied
        return lambda each: (
            each.key not in applied and not (each.replaces and {*each.replaces} <= applied)
        )
    if asked.since:
        from hrmsops.safety.changed import added_since

        return added_since(asked.since, asked.path)
    return None


def _live(asked: Asked) -> Live:
    """Django's own record and the tables' sizes; nothing else is asked of it."""
    from hrmsops.commands.applying import Manner, journal_of, world_of
    from hrmsops.commands.migrating import instance_of
    from hrmsops.postgres.catalog_reading import row_estimates
    from hrmsops.postgres.django_record import recorded_migrations
    from hrmsops.postgres.session import connect

    world = world_of(Manner(env=asked.env, config=asked.config, json=True, proxy=asked.proxy))
    instance = world.cloud_sql.instance(instance_of(world, journal_of(world)))
    target = world.target(instance, application_name="hrmsops check")
    with connect(target, read_only=True) as session:
        return Live(
            applied=frozenset((app, name) for app, name, _ in recorded_migrations(session)),
            rows=row_estimates(session),
        )


def _migrations(path: Path) -> Mapping[Key, Migration]:
    from hrmsops.safety import reader
    from hrmsops.safety.graph import graph_of

    return {each.key: each for each in graph_of(reader.read(path)).ordered}


def _run(
    asked: Asked, wanted: set[Key], *, alone: bool
) -> tuple[list[dict[str, Any]], dict[str, str]]:
    from hrmsops.console.output import say
    from hrmsops.django.tracing import Tracing

    project = _project(asked)
    with _scratch(asked.url) as database:
        tracing = Tracing(project, database)
        try:
            tracing.ready(lambda _: None)
            count = 0

            def hear(event: dict[str, Any]) -> None:
                nonlocal count
                count += 1
                say(
                    f"Traced {event['app']}.{event['name']} ({count} of {len(wanted)})",
                    style="quiet",
                )

            return tracing.trace(sorted(wanted), alone=alone, hear=hear)
        finally:
            tracing.close()


def _project(asked: Asked) -> Project:
    """Where manage.py is, by the configuration that is nearest to the migrations."""
    from hrmsops.config.loading import load
    from hrmsops.django.project import project_of

    start = asked.path if asked.path.is_dir() else asked.path.parent
    return project_of(load(asked.config, start=start))


def _scratch(url: str | None) -> AbstractContextManager[dict[str, Any]]:
    from hrmsops.engine.local import state_folder
    from hrmsops.postgres.scratch import named_database, scratch_cluster

    return named_database(url) if url else scratch_cluster(state_folder() / "trace")


def _allowed(
    found: Report, migrations: Mapping[Key, Migration], baseline: Baseline | None
) -> Report:
    """What comments and the baseline allow, and the order of files."""
    from hrmsops.safety.analyzer import in_order
    from hrmsops.safety.suppression import suppressed

    every = (*found.findings, *(each.finding for each in found.suppressed))
    by_path = {each.path: each for each in migrations.values()}
    kept, allowed = suppressed(every, by_path, baseline, today=None)
    return replace(found, findings=tuple(in_order(kept)), suppressed=allowed)
