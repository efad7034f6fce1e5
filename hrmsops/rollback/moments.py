"""The moment to go back to, where it is said by a migration or by a run."""

from __future__ import annotations

from datetime import datetime
from difflib import get_close_matches
from typing import LiteralString

import msgspec

from hrmsops.engine.run import Run
from hrmsops.errors.base import ExitCode, HrmsopsError
from hrmsops.errors.cutover import MigrationNotApplied
from hrmsops.world import World

_APPLIED: LiteralString = "SELECT app || '.' || name, applied FROM django_migrations ORDER BY id"


class Moment(msgspec.Struct, frozen=True, kw_only=True):
    """A moment and how it came to be known, "" where it was typed."""

    at: datetime
    evidence: str = ""
    without: str = ""
    """A migration, `app.name`, that must not be in what is recovered."""


class Applied(msgspec.Struct, frozen=True, kw_only=True):
    """A migration, `app.name`, and when Django recorded it: at its end, by its own clock."""

    migration: str
    at: datetime


def before_migration(migration: str, known: tuple[Applied, ...], *, instance: str) -> Moment:
    """When Django recorded a migration: within its transaction, before its commit.

    Not earlier: what users wrote between an earlier moment and the commit, and the migration then
    overwrote, would be in no database. `applied` is by the clock of whoever migrated: where that is
    ahead of the database's, the migration is in the clone, and `without` lets that be found.

    Raises MigrationNotApplied.
    """
    found = next((each for each in known if each.migration == migration), None)
    if found is None:
        names = [each.migration for each in known]
        near = tuple(get_close_matches(migration, names, n=3, cutoff=0.4))
        raise MigrationNotApplied(migration=migration, instance=instance, near=near)
    evidence = (
        f"when {migration} was recorded, before its commit; "
        "one that is not atomic had begun earlier: then say --at"
    )
    return Moment(at=found.at, evidence=evidence, without=migration)


def before_run(run: Run) -> Moment:
    """When the run was planned: it had done nothing yet."""
    return Moment(at=run.began_at, evidence=f"when run {run.id} ({run.plan.command}) began")


def next_applied(at: datetime, known: tuple[Applied, ...]) -> str:
    """ "4 minutes before payroll.0003_amounts was applied", "" where none came after."""
    after = [each for each in known if each.at > at]
    if not after:
        return ""
    first = min(after, key=lambda each: each.at)
    seconds = (first.at - at).total_seconds()
    words = f"{seconds / 60:.0f} minutes" if seconds >= 120 else f"{seconds:.0f} seconds"
    return f"{words} before {first.migration} was applied"


def applied_in(world: World, instance: str) -> tuple[Applied, ...]:
    """What `django_migrations` of an instance says; nothing where it cannot be read."""
    import psycopg

    from hrmsops.postgres.session import connect

    try:
        seen = world.cloud_sql.instance(instance)
        with connect(world.target(seen, application_name="hrmsops"), read_only=True) as session:
            rows = session.execute(_APPLIED).fetchall()
    except HrmsopsError as error:
        if error.exit_code in (ExitCode.USAGE, ExitCode.UNAUTHORISED):
            raise
        return ()
    except psycopg.Error:
        return ()
    return tuple(Applied(migration=str(name), at=at) for name, at in rows)
