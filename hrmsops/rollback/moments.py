"""The moment to go back to, where it is said by a migration or by a run."""

from __future__ import annotations

from datetime import UTC, datetime
from difflib import get_close_matches
from typing import LiteralString

import msgspec

from hrmsops.engine.run import Run
from hrmsops.errors.base import ExitCode, HrmsopsError
from hrmsops.errors.cutover import MigrationNotApplied
from hrmsops.postgres import ledger
from hrmsops.postgres.ledger import LedgerEntry
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


class Recorded(msgspec.Struct, frozen=True, kw_only=True):
    """What a database says of its migrations: Django's table, and hrmsops's ledger."""

    applied: tuple[Applied, ...] = ()
    ledger: tuple[LedgerEntry, ...] = ()


def before_migration(migration: str, seen: Recorded, *, instance: str) -> Moment:
    """When a migration was recorded: within its transaction, before its commit.

    Not earlier: what users wrote between an earlier moment and the commit, and the migration then
    overwrote, would be in no database. Django's `applied` is by the clock of whoever migrated:
    where that is ahead of the database's, the migration is in the clone, and `without` lets that
    be found. The ledger has the database's own clock, and the start of one that is not atomic.

    Raises MigrationNotApplied.
    """
    if entry := ledger.before_migration(seen.ledger, migration):
        return _by_ledger(entry)
    found = next((each for each in seen.applied if each.migration == migration), None)
    if found is None:
        names = [each.migration for each in seen.applied]
        meant = [name for name in names if name.startswith(migration)]
        alike = get_close_matches(migration, names, n=3, cutoff=0.4)
        near = tuple(dict.fromkeys((*meant, *alike)))[:3]
        raise MigrationNotApplied(migration=migration, instance=instance, near=near)
    evidence = (
        f"when {migration} was recorded, before its commit; "
        "one that is not atomic had begun earlier: then say --at"
    )
    return Moment(at=found.at, evidence=evidence, without=migration)


def _by_ledger(entry: LedgerEntry) -> Moment:
    """By the database's own clock: the last moment before the commit, else the very start."""
    name = entry.migration
    if entry.is_atomic and entry.ended_at:
        told = f"when {name} was recorded in the ledger, before its commit"
        return Moment(at=entry.ended_at.astimezone(UTC), evidence=told, without=name)
    told = f"the start of {name} by the ledger"
    return Moment(at=entry.started_at.astimezone(UTC), evidence=told, without=name)


def before_run(run: Run, seen: Recorded) -> Moment:
    """The start of the run's first migration by the ledger, else when the run was planned."""
    what = f"run {run.id} ({run.plan.command})"
    if entries := ledger.of_run(seen.ledger, run.id):
        began = min(each.started_at for each in entries).astimezone(UTC)
        return Moment(at=began, evidence=f"the start of the first migration of {what}")
    return Moment(at=run.began_at, evidence=f"when {what} began")


def next_applied(at: datetime, seen: Recorded) -> str:
    """ "4 minutes before payroll.0003_amounts was applied", "" where none came after."""
    after = [each for each in seen.applied if each.at > at]
    if not after:
        return ""
    first = min(after, key=lambda each: each.at)
    seconds = (first.at - at).total_seconds()
    words = f"{seconds / 60:.0f} minutes" if seconds >= 120 else f"{seconds:.0f} seconds"
    return f"{words} before {first.migration} was applied"


def recorded_in(world: World, instance: str) -> Recorded:
    """What an instance says of its migrations; nothing where it cannot be asked."""
    import psycopg

    from hrmsops.postgres.session import connect

    try:
        found = world.cloud_sql.instance(instance)
        with connect(world.target(found, application_name="hrmsops"), read_only=True) as session:
            rows = session.execute(_APPLIED).fetchall()
            entries = ledger.read_ledger(session)
    except HrmsopsError as error:
        if error.exit_code in (ExitCode.USAGE, ExitCode.UNAUTHORISED):
            raise
        return Recorded()
    except psycopg.Error:
        return Recorded()
    applied = tuple(Applied(migration=str(name), at=at.astimezone(UTC)) for name, at in rows)
    return Recorded(applied=applied, ledger=entries)
